// Guarantees of reading a body: what is refused, where the pointers point, what a good one becomes.
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import type { Result } from "../../../gateway/core/failure.ts";
import { readBody } from "../../../gateway/edge/body.ts";
import type { Edge } from "../../../gateway/edge/edge.ts";
import type { FieldError, Trouble } from "../../../gateway/edge/problem.ts";
import {
  analyzeRequest,
  rankRequest,
  rankThemesRequest,
  type AnalyzeRequest,
  type RankRequest,
} from "../../../gateway/edge/request-schema.ts";
import { loneHigh } from "../support/lone-surrogate.ts";

const schemas = { rank: rankRequest, analyze: analyzeRequest, "rank-themes": rankThemesRequest };

async function read<T = RankRequest>(
  body: string | Uint8Array,
  schema: keyof typeof schemas = "rank",
): Promise<Result<T, Trouble>> {
  let found: Result<unknown, Trouble> | undefined;
  const app = new Hono<Edge>();
  app.post("/", async (c) => {
    found = await readBody(c, schemas[schema]);
    return c.body(null, 204);
  });
  await app.request("/", { method: "POST", body });
  return found as Result<T, Trouble>;
}

async function accepted<T = RankRequest>(value: unknown, schema?: keyof typeof schemas) {
  const found = await read<T>(JSON.stringify(value), schema);
  if (!found.ok) expect.fail(JSON.stringify(found.failure));
  return found.value;
}

async function errors(
  body: unknown,
  schema?: keyof typeof schemas,
): Promise<readonly FieldError[]> {
  const found = await read(typeof body === "string" ? body : JSON.stringify(body), schema);
  if (found.ok) expect.fail("was accepted");
  if (found.failure.kind !== "invalid-request") expect.fail(found.failure.kind);
  return found.failure.errors;
}
const pointers = async (body: unknown, schema?: keyof typeof schemas) =>
  (await errors(body, schema)).map(({ pointer }) => pointer).toSorted();

const good = { text: "The rent is due.", themes: ["Money"] };

describe("a body that is no JSON", () => {
  it.each<[string, string | Uint8Array]>([
    ["empty", ""],
    ["cut off", '{"text": "a'],
    ["followed by more", "{} {}"],
    ["no JSON at all", "text=a"],
    ["JavaScript", "{text: 'a'}"],
    ["a byte order mark and nothing else", "\ufeff"],
    ["invalid UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["a surrogate in UTF-8", new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ["UTF-16", new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])],
  ])("is invalid JSON: %s", async (_, body) => {
    expect(await read(body)).toMatchObject({ ok: false, failure: { kind: "invalid-json" } });
  });

  it("is described without a word of it", async () => {
    expect(JSON.stringify(await read('{"text": canary'))).not.toContain("canary");
  });
});

describe("JSON that is no request", () => {
  it.each(["null", "[]", '"text"', "5", "true", "[".repeat(10_000) + "]".repeat(10_000)])(
    "is pointed at as a whole: %.20s",
    async (body) => {
      expect(await pointers(body)).toEqual([""]);
    },
  );

  it.each<[pointer: string, change: object]>([
    ["/text", { text: undefined }],
    ["/text", { text: 5 }],
    ["/text", { text: null }],
    ["/text", { text: "" }],
    ["/text", { text: " \u00a0\n" }],
    ["/text", { text: "\u200b" }],
    ["/text", { text: "?! 😀" }],
    ["/text", { text: "a".repeat(20_001) }],
    ["/text", { text: "😀".repeat(20_000) + "a" }],
    ["/themes", { themes: undefined }],
    ["/themes", { themes: null }],
    ["/themes", { themes: [] }],
    ["/themes", { themes: {} }],
    ["/themes", { themes: "Money" }],
    ["/themes", { themes: Array.from({ length: 101 }, (_, index) => `T${index}`) }],
    ["/themes/0", { themes: [null] }],
    ["/themes/1", { themes: ["a", 5] }],
    ["/themes/0", { themes: [""] }],
    ["/themes/0", { themes: ["  "] }],
    ["/themes/0", { themes: ["a".repeat(121)] }],
    ["/themes/0/label", { themes: [{ id: "a" }] }],
    ["/themes/1/label", { themes: ["a", { label: "" }] }],
    ["/themes/0/label", { themes: [{ label: "a".repeat(121) }] }],
    ["/themes/0/label", { themes: [{ label: 5 }] }],
    ["/themes/0/id", { themes: [{ id: "", label: "a" }] }],
    ["/themes/0/id", { themes: [{ id: "a".repeat(121), label: "a" }] }],
    ["/themes/0/id", { themes: [{ id: 5, label: "a" }] }],
    ["/themes/0/description", { themes: [{ label: "a", description: "a".repeat(501) }] }],
    ["/themes/0/description", { themes: [{ label: "a", description: null }] }],
    ["/themes/0/score", { themes: [{ label: "a", score: 1 }] }],
    ["/themes/1/id", { themes: ["a", "a"] }],
    ["/themes/1/id", { themes: ["caf\u00e9", " cafe\u0301 "] }],
    ["/themes/2/id", { themes: ["a", "b", { id: "a", label: "c" }] }],
    ["/themes/1/id", { themes: ["__proto__", "__proto__"] }],
    ["/catalog", { catalog: "life" }],
    ["/catalog", { themes: undefined, catalog: 5 }],
    ["/top_k", { top_k: 0 }],
    ["/top_k", { top_k: 101 }],
    ["/top_k", { top_k: 3.5 }],
    ["/top_k", { top_k: "3" }],
    ["/top_k", { top_k: 1e308 }],
    ["/top_k", { top_k: null }],
    ["/min_score", { min_score: -1 }],
    ["/min_score", { min_score: 100.1 }],
    ["/timeout_ms", { timeout_ms: 999 }],
    ["/timeout_ms", { timeout_ms: 30_001 }],
    ["/timeout_ms", { timeout_ms: 1_000.5 }],
    ["/cache", { cache: "none" }],
    ["/sources", { sources: [] }],
    ["/sources", { sources: "origin" }],
    ["/sources/1", { sources: ["origin", "claude"] }],
    ["/model", { model: "gpt" }],
    ["/constructor", { constructor: {} }],
    ["/summary", { summary: {} }],
    ["/a~1b~0c", { "a/b~c": 1 }],
    ["/", { "": 1 }],
  ])("is pointed at in its field: %s", async (pointer, change) => {
    expect(await pointers({ ...good, ...change })).toEqual([pointer]);
  });

  it("is pointed at in a field named __proto__, too", async () => {
    expect(await pointers('{"text":"a","themes":["b"],"__proto__":{"x":1}}')).toEqual([
      "/__proto__",
    ]);
  });

  it.each<[pointer: string, change: object]>([
    ["/summary", { summary: null }],
    ["/summary", { summary: true }],
    ["/summary/max_themes", { summary: { max_themes: 0 } }],
    ["/summary/max_themes", { summary: { max_themes: 11 } }],
    ["/summary/language", { summary: { language: "no language" } }],
    ["/summary/language", { summary: { language: "" } }],
    ["/summary/style", { summary: { style: "poem" } }],
    ["/evidence", { evidence: "yes" }],
    ["/model", { model: "gpt" }],
  ])("is pointed at in the fields of an analysis: %s", async (pointer, change) => {
    expect(await pointers({ ...good, ...change }, "analyze")).toEqual([pointer]);
  });

  it("is pointed at in every field that is wrong", async () => {
    const themes = ["a", { label: "" }, 5, { lable: "x" }];
    expect(await pointers({ text: 5, themes, top_k: 0, colour: "red" })).toEqual([
      "/colour",
      "/text",
      "/themes/1/label",
      "/themes/2",
      "/themes/3/label",
      "/themes/3/lable",
      "/top_k",
    ]);
  });

  it.each([{}, { text: 5 }, { text: "" }])(
    "is told that themes are missing even when the text is wrong as well: %j",
    async (body) => {
      expect(await pointers(body)).toEqual(["/text", "/themes"]);
    },
  );

  it("is told of both catalogues even when the text is wrong as well", async () => {
    expect(await pointers({ themes: ["a"], catalog: "life" })).toEqual(["/catalog", "/text"]);
  });

  it("is told what is wrong in words", async () => {
    expect(await errors({ themes: ["a", "a"], top_k: 0, cache: "x", text: 5, z: 1 })).toEqual(
      expect.arrayContaining([
        { pointer: "/text", detail: "must be a string" },
        { pointer: "/themes/1/id", detail: "is not unique" },
        { pointer: "/top_k", detail: "must be at least 1" },
        { pointer: "/cache", detail: 'must be one of "default", "refresh", "no-store"' },
        { pointer: "/z", detail: "is not a known field" },
      ]),
    );
    expect(await errors({ themes: ["a"] })).toEqual([{ pointer: "/text", detail: "is required" }]);
  });

  it("is told that two themes share an id even where the id is the label", async () => {
    const themes = [{ label: "Money" }, { label: "Money" }];
    expect(await errors({ ...good, themes })).toEqual([
      { pointer: "/themes/1/id", detail: "is not unique" },
    ]);
  });

  it("is told of 100 errors at most", async () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, 1]));
    expect(await errors({ ...good, ...many })).toHaveLength(100);
  });

  it("has a long field name cut off, well-formed", async () => {
    const [found] = await pointers({ ...good, [`a${"😀".repeat(5_000)}`]: 1 });
    expect(found?.length).toBeLessThanOrEqual(257);
    expect(found?.isWellFormed()).toBe(true);
  });

  it("is told nothing of what its values hold", async () => {
    const canary = {
      text: ["canary"],
      themes: [{ label: ["canary"] }, ["canary"]],
      cache: "canary",
    };
    expect(JSON.stringify(await errors({ ...canary, sources: ["canary"] }))).not.toContain(
      "canary",
    );
  });
});

describe("a good request", () => {
  it("gets the documented defaults", async () => {
    expect(await accepted(good)).toEqual({
      text: "The rent is due.",
      themes: [{ id: "Money", label: "Money", description: "" }],
      top_k: 100,
      min_score: 0,
      timeout_ms: 15_000,
      cache: "default",
    });
  });

  it("gets the defaults of an analysis", async () => {
    expect(await accepted<AnalyzeRequest>(good, "analyze")).toMatchObject({
      summary: { max_themes: 5 },
      evidence: false,
    });
    const partly = { ...good, summary: { language: "pt-BR" } };
    expect((await accepted<AnalyzeRequest>(partly, "analyze")).summary).toEqual({
      max_themes: 5,
      language: "pt-BR",
    });
  });

  it("is normalised: NFC, trimmed, lone surrogates replaced", async () => {
    const themes = [{ id: " cafe\u0301 ", label: " e\u0301 ", description: "\tx " }, " y "];
    const { text, themes: given } = await accepted({ text: ` e\u0301${loneHigh} `, themes });
    expect(text).toBe("\u00e9\ufffd");
    expect(given).toEqual([
      { id: "caf\u00e9", label: "\u00e9", description: "x" },
      { id: "y", label: "y", description: "" },
    ]);
  });

  it("is measured in code points after normalising", async () => {
    const text = ` ${"😀".repeat(19_999)}a\n`;
    const themes = [{ label: "😀".repeat(120), description: "e\u0301".repeat(500) }];
    expect((await accepted({ text, themes })).text).toBe(text.trim());
  });

  it("takes an id that defaults to its label, and ids that differ in case", async () => {
    const { themes } = await accepted({ ...good, themes: [{ label: "Money" }, "money"] });
    expect(themes?.map(({ id }) => id)).toEqual(["Money", "money"]);
  });

  it("may repeat a label under ids of its own", async () => {
    const themes = [
      { id: "a", label: "Money" },
      { id: "b", label: "Money" },
    ];
    expect((await accepted({ ...good, themes })).themes).toHaveLength(2);
  });

  it("may name a catalogue in place of themes", async () => {
    expect(await accepted({ text: "a", catalog: "life" })).toMatchObject({ catalog: "life" });
  });

  it("may begin with a byte order mark; of duplicate keys the last wins", async () => {
    const found = await read('\ufeff{"text":"a","text":"b","themes":["c"]}');
    expect(found).toMatchObject({ ok: true, value: { text: "b" } });
  });

  it.each([
    { top_k: 1 },
    { top_k: 100 },
    { min_score: 0 },
    { min_score: 99.9 },
    { timeout_ms: 1_000 },
    { timeout_ms: 30_000 },
    { cache: "refresh" },
    { cache: "no-store" },
    { sources: ["lexical"] },
    { sources: ["lexical", "origin", "gemini"] },
  ])("may ask for %j", async (wish) => {
    expect(await accepted({ ...good, ...wish })).toMatchObject(wish);
  });

  it("of an older client may carry fields that are not known", async () => {
    expect(await accepted({ ...good, model: "x", options: {} }, "rank-themes")).toEqual({
      text: good.text,
      themes: [{ id: "Money", label: "Money", description: "" }],
    });
    expect(await pointers({ themes: ["a"] }, "rank-themes")).toEqual(["/text"]);
    expect(await pointers({ text: "a" }, "rank-themes")).toEqual(["/themes"]);
  });
});
