// From the form to the request, from a refusal back to the field, and to code that sends the same.
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { placeOf, toRequest } from "../../gateway/playground/request.js";
import { snippets } from "../../gateway/playground/snippets.js";

const form = {
  text: 'The rent\'s late. $HOME `id` "quoted" \\ \u202e hidden \u{1F600}\nJSON\n',
  catalog: "",
  rows: [
    { label: "Money", description: "" },
    { label: "", description: " " },
    { id: "s", label: "Sleep", description: "Rest: true, false, null" },
  ],
  options: {
    top_k: "3",
    min_score: "",
    max_themes: "2",
    language: "de",
    timeout_ms: "soon",
    cache: "default",
  },
  sources: ["gemini"],
  allSources: false,
};
const body = {
  text: form.text,
  themes: ["Money", { id: "s", label: "Sleep", description: "Rest: true, false, null" }],
  top_k: 3,
  timeout_ms: "soon",
  sources: ["gemini"],
  summary: { max_themes: 2, language: "de" },
  evidence: true,
};

describe("the form", () => {
  it("sends what was typed and leaves out what was not", () => {
    expect(toRequest(form)).toEqual(body);
    const options = { ...form.options, top_k: "", max_themes: "", language: "", timeout_ms: "" };
    expect(toRequest({ ...form, catalog: "life", options, allSources: true })).toEqual({
      text: form.text,
      catalog: "life",
      evidence: true,
    });
  });

  it.each([
    ["/text", { field: "text" }],
    ["/catalog", { field: "catalog" }],
    ["/themes", { field: "themes" }],
    ["/themes/0/label", { field: "row", row: 0, part: "label" }],
    // The second row was empty and was not sent.
    ["/themes/1/description", { field: "row", row: 2, part: "description" }],
    ["/themes/1/id", { field: "row", row: 2, part: "label" }],
    ["/themes/9", { field: "themes" }],
    ["/summary/max_themes", { field: "option", name: "max_themes" }],
    ["/timeout_ms", { field: "option", name: "timeout_ms" }],
    ["/sources", { field: "options" }],
    ["", { field: "options" }],
  ])("finds the field of %s", (pointer, place) => {
    expect(placeOf(pointer, form.rows)).toEqual(place);
  });
});

describe("code", () => {
  const origin = "http://localhost:8787";
  const made = (name: string) =>
    snippets.find((each) => each.name === name)?.make(body, origin) ?? "";

  it("for curl sends the same body, whatever the text holds", () => {
    const script = made("curl").replace(/^curl .*?--data-binary @-/s, "cat");
    const sent = execFileSync("sh", ["-c", script], { encoding: "utf8" });
    expect(JSON.parse(sent)).toEqual(body);
  });

  it("for TypeScript and Python holds the same literal", () => {
    const literal = /analyze\((.*)\);\nif/s.exec(made("TypeScript"))?.[1] ?? "";
    expect(JSON.parse(literal)).toEqual(body);
    const python = /json=(.*),\n {4}timeout/s.exec(made("Python"))?.[1] ?? "";
    expect(python).toContain('"evidence": True');
    expect(python).toContain("Rest: true, false, null");
    expect(JSON.parse(python.replace("True", "true"))).toEqual(body);
  });

  it("shows what would hide or turn text as an escape, and the key as a variable", () => {
    for (const { make } of snippets) expect(make(body, origin)).toContain("\\u202e hidden");
    for (const name of ["curl", "TypeScript", "Python"]) {
      expect(made(name)).toContain("THEMERANK_API_KEY");
    }
  });
});
