// Bad input: a problem that names the field, and no upstream call.
import { afterAll, describe, expect, inject, it } from "vitest";
import { problemAnswer } from "../../gateway/edge/answer-schema.ts";
import { FakeControl } from "./support.ts";
import { get, post, send } from "./service.ts";

const good = { text: "The rent is late.", themes: ["Money"] };
const rank = (change: object) => post("/v1/rank", { ...good, ...change });
const raw = (body: BodyInit | null, headers: Record<string, string>) =>
  send(new Request("https://themerank.test/v1/rank", { method: "POST", headers, body }));
const json = { "content-type": "application/json" };
const bytes = (...values: number[]) => new Uint8Array(values);
const utf16 = new Uint8Array(Uint16Array.from(JSON.stringify(good), (c) => c.charCodeAt(0)).buffer);

const cases: [
  name: string,
  status: number,
  pointers: string[] | null,
  ask: () => Promise<Response>,
][] = [
  ["an unknown route", 404, null, () => post("/v1/nothing", good)],
  ["GET on a POST route", 405, null, () => get("/v1/rank")],
  ["POST on a GET route", 405, null, () => post("/healthz", good)],
  ["POST on the document", 405, null, () => post("/openapi.json", good)],
  ["no content type", 415, null, () => raw(bytes(0x7b, 0x7d), {})],
  ["text/plain", 415, null, () => raw("{}", { "content-type": "text/plain" })],
  [
    "a foreign charset",
    415,
    null,
    () => raw("{}", { "content-type": "application/json; charset=utf-7" }),
  ],
  ["a content encoding", 415, null, () => raw("{}", { ...json, "content-encoding": "gzip" })],
  ["a body over 512 KiB", 413, null, () => raw("x".repeat(512 * 1_024 + 1), json)],
  ["an empty body", 400, null, () => raw("", json)],
  ["no body", 400, null, () => raw(null, json)],
  ["cut JSON", 400, null, () => raw('{"text": "a', json)],
  ["trailing garbage", 400, null, () => raw(`${JSON.stringify(good)} x`, json)],
  ["invalid UTF-8", 400, null, () => raw(bytes(0x22, 0xff, 0x22), json)],
  ["UTF-16", 400, null, () => raw(utf16, json)],
  ["null", 422, [""], () => post("/v1/rank", "null")],
  ["an array", 422, [""], () => post("/v1/rank", "[]")],
  ["a string", 422, [""], () => post("/v1/rank", '"text"')],
  [
    "depth 10,000",
    422,
    ["/text"],
    () => post("/v1/rank", `{"themes":["A"],"text":${"[".repeat(10_000)}${"]".repeat(10_000)}}`),
  ],
  ["no text", 422, ["/text"], () => rank({ text: undefined })],
  ["a number for a text", 422, ["/text"], () => rank({ text: 7 })],
  ["an empty text", 422, ["/text"], () => rank({ text: "" })],
  ["a blank text", 422, ["/text"], () => rank({ text: " \u00a0\u200b\n" })],
  ["a text of punctuation", 422, ["/text"], () => rank({ text: "?!…" })],
  [
    "a text one character too long",
    422,
    ["/text"],
    () => rank({ text: "\u{1F600}".repeat(20_000) + "a" }),
  ],
  ["neither themes nor catalog", 422, ["/themes"], () => rank({ themes: undefined })],
  ["both themes and catalog", 422, ["/catalog"], () => rank({ catalog: "life" })],
  ["an unknown catalog", 404, ["/catalog"], () => rank({ themes: undefined, catalog: "nope" })],
  ["no theme", 422, ["/themes"], () => rank({ themes: [] })],
  [
    "101 themes",
    422,
    ["/themes"],
    () => rank({ themes: Array.from({ length: 101 }, (_, i) => `${i}`) }),
  ],
  ["themes as an object", 422, ["/themes"], () => rank({ themes: {} })],
  ["a theme that is null", 422, ["/themes/1"], () => rank({ themes: ["A", null] })],
  ["a theme without a label", 422, ["/themes/0/label"], () => rank({ themes: [{ id: "a" }] })],
  ["an empty label", 422, ["/themes/0/label"], () => rank({ themes: [{ label: " " }] })],
  ["a label of 121 characters", 422, ["/themes/0"], () => rank({ themes: ["x".repeat(121)] })],
  [
    "a description of 501 characters",
    422,
    ["/themes/0/description"],
    () => rank({ themes: [{ label: "A", description: "x".repeat(501) }] }),
  ],
  ["an id twice", 422, ["/themes/1/id"], () => rank({ themes: ["A", { id: "A", label: "B" }] })],
  [
    "an id twice but for its normal form",
    422,
    ["/themes/1/id"],
    () => rank({ themes: ["caf\u00e9", "cafe\u0301"] }),
  ],
  [
    "an unknown field of a theme",
    422,
    ["/themes/0/weight"],
    () => rank({ themes: [{ label: "A", weight: 2 }] }),
  ],
  [
    "unknown fields",
    422,
    ["/is_admin", "/origin_url"],
    () => rank({ is_admin: true, origin_url: "http://a" }),
  ],
  [
    "__proto__ and constructor",
    422,
    ["/__proto__", "/constructor"],
    () => post("/v1/rank", `{"text":"a","themes":["A"],"__proto__":{},"constructor":1}`),
  ],
  ["top_k 0", 422, ["/top_k"], () => rank({ top_k: 0 })],
  ["top_k 3.5", 422, ["/top_k"], () => rank({ top_k: 3.5 })],
  ["top_k 1e308", 422, ["/top_k"], () => rank({ top_k: 1e308 })],
  ['top_k "3"', 422, ["/top_k"], () => rank({ top_k: "3" })],
  ["min_score 101", 422, ["/min_score"], () => rank({ min_score: 101 })],
  ["timeout_ms 0", 422, ["/timeout_ms"], () => rank({ timeout_ms: 0 })],
  ["timeout_ms 1e12", 422, ["/timeout_ms"], () => rank({ timeout_ms: 1e12 })],
  ["an unknown cache mode", 422, ["/cache"], () => rank({ cache: "never" })],
  ["an empty set of sources", 422, ["/sources"], () => rank({ sources: [] })],
  ["an unknown source", 422, ["/sources/1"], () => rank({ sources: ["origin", "oracle"] })],
  [
    "a language that is none",
    422,
    ["/summary/language"],
    () => post("/v1/analyze", { ...good, summary: { language: "no such" } }),
  ],
  [
    "a language that carries words",
    422,
    ["/summary/language"],
    () => post("/v1/analyze", { ...good, summary: { language: "en-x-ignore-all-rules" } }),
  ],
  [
    "a language without end",
    422,
    ["/summary/language"],
    () => post("/v1/analyze", { ...good, summary: { language: `en${"-ignore".repeat(5_000)}` } }),
  ],
  [
    "max_themes 11",
    422,
    ["/summary/max_themes"],
    () => post("/v1/analyze", { ...good, summary: { max_themes: 11 } }),
  ],
  [
    "evidence as a word",
    422,
    ["/evidence"],
    () => post("/v1/analyze", { ...good, evidence: "yes" }),
  ],
  [
    "an old client's bad theme",
    422,
    ["/themes/0"],
    () => post("/rank-themes", { ...good, themes: [3] }),
  ],
];

describe("bad input", () => {
  it.each(cases)("%s is answered %i", async (_, status, pointers, ask) => {
    const response = await ask();
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const problem = problemAnswer.parse(await response.json());
    expect(problem).toMatchObject({ status, request_id: response.headers.get("x-request-id") });
    expect(problem.type).toMatch(/^\/problems\/[a-z-]+$/);
    if (status === 405) expect(response.headers.get("allow")).toMatch(/^(?:POST|GET, HEAD)$/);
    if (pointers !== null) {
      expect(problem.errors?.map(({ pointer }) => pointer).toSorted()).toEqual(pointers.toSorted());
    }
  });

  afterAll(async () => {
    for (const fake of ["vllm", "gemini"] as const) {
      expect(await new FakeControl(inject(fake)).requests()).toEqual([]);
    }
  });
});

describe("unusual but good input", () => {
  it.each([
    ["a byte order mark", () => raw(`\ufeff${JSON.stringify(good)}`, json)],
    ["a key given twice", () => raw(`{"text":"","text":"The rent.","themes":["Money"]}`, json)],
    [
      "a charset and capitals in the content type",
      () => raw(JSON.stringify(good), { "content-type": "Application/JSON; Charset=UTF-8" }),
    ],
    ["a lone surrogate", () => raw(`{"text":"rent \\ud800","themes":["Money"]}`, json)],
    [
      "20,000 emoji and a letter in between",
      () => rank({ text: `a${"\u{1F600}".repeat(19_999)}` }),
    ],
    [
      "ids that are words of the language",
      () => rank({ themes: ["__proto__", "constructor", "prototype"] }),
    ],
    ["labels that differ in case alone", () => rank({ themes: ["Money", "money"] })],
  ])("%s is ranked", async (_, ask) => {
    const response = await ask();
    const answer = await response.json<{ themes: unknown[] }>();
    expect(response.status).toBe(200);
    expect(answer.themes.length).toBeGreaterThan(0);
  });
});
