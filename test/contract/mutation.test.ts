// Valid bodies, broken byte by byte: no 5xx, no undocumented status, every answer as the document says.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { get, send, type Overrides } from "./service.ts";

/** Bounded, for every run; Schemathesis (`npm run test:fuzz`) has no such bound. */
const runs = 500;
const withinMs = 60_000;

/** All within the Worker: what is tested is the reading of a body. */
const alone: Overrides = { RANKERS: "lexical", SUMMARIZERS: "extractive" };

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];
interface Operation {
  readonly responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
}
interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, JsonSchema> };
}

let document: Document;
beforeAll(async () => {
  document = await (await get("/openapi.json", alone)).json<Document>();
});

/** A schema of the document with its references resolved. */
function resolved(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(resolved);
  if (typeof schema !== "object" || schema === null) return schema;
  if ("$ref" in schema) {
    const name = String(schema.$ref).replace("#/components/schemas/", "");
    return resolved(document.components.schemas[name] ?? expect.fail(`no schema ${name}`));
  }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolved(value)]));
}

/** What is wrong with an answer by the document; null when nothing is. */
async function complaint(path: string, response: Response): Promise<string | null> {
  const { status } = response;
  if (status >= 500) return `status ${status}`;
  const documented = document.paths[path]?.["post"]?.responses[String(status)];
  if (documented === undefined) return `undocumented status ${status}`;
  const type = response.headers.get("content-type") ?? "none";
  const content = documented.content?.[type];
  if (content === undefined) return `undocumented type ${type} of ${status}`;
  const schema = z.fromJSONSchema(resolved(content.schema) as JsonSchema);
  const checked = schema.safeParse(await response.json());
  return checked.success ? null : `${status}: ${z.prettifyError(checked.error)}`;
}

const theme = fc.oneof(
  fc.constantFrom("Money", "Sleep", "Caf\u00e9", "\u{1F9FE}"),
  fc.record(
    { id: fc.constantFrom("a", "b"), label: fc.string({ minLength: 1, maxLength: 9 }) },
    { requiredKeys: ["label"] },
  ),
);
const common = {
  text: fc.oneof(fc.constant("The rent is late. I lie awake."), fc.string({ unit: "binary" })),
  themes: fc.array(theme, { minLength: 1, maxLength: 4 }),
};
const ranked = {
  ...common,
  top_k: fc.integer({ min: 1, max: 100 }),
  min_score: fc.double({ min: 0, max: 100, noNaN: true }),
  cache: fc.constantFrom("default", "refresh", "no-store"),
  sources: fc.constant(["lexical"]),
};
const { text: _, ...rest } = ranked;
const summary = fc.record({
  max_themes: fc.integer({ min: 1, max: 10 }),
  language: fc.constantFrom("en", "pt-BR", "zh-Hant-TW"),
});
const requiredKeys = ["text", "themes"] as const;
const documents = fc.array(
  fc.oneof(
    fc.constantFrom("Money", "Sleep"),
    fc.record({ text: fc.string(), title: fc.jsonValue() }),
  ),
  { minLength: 1, maxLength: 4 },
);
const asked = { query: common.text, documents };
const top = fc.option(fc.integer({ min: 1, max: 5 }));
const bodies = {
  "/v1/rank": fc.record(ranked, { requiredKeys: [...requiredKeys] }),
  "/v1/analyze": fc.record(
    { ...ranked, summary, evidence: fc.boolean() },
    { requiredKeys: [...requiredKeys] },
  ),
  "/rank-themes": fc.record(common),
  "/v1/rank/batch": fc.record(
    { ...rest, texts: fc.array(common.text, { minLength: 1, maxLength: 3 }) },
    { requiredKeys: ["texts", "themes"] },
  ),
  "/v1/rerank": fc.oneof(
    fc.record(
      { ...asked, top_n: top, return_documents: fc.boolean() },
      { requiredKeys: ["query", "documents"] },
    ),
    fc.record({ ...asked, top_k: top, return_documents: fc.boolean() }),
  ),
  "/rerank": fc.record({ query: common.text, texts: fc.array(fc.string(), { maxLength: 3 }) }),
  "/v1/reranking": fc.record({ query: common.text, input: documents, return_input: fc.boolean() }),
  "/v1/classify": fc.record({
    input: fc.array(common.text, { minLength: 1, maxLength: 3 }),
    labels: fc.array(fc.constantFrom("Money", "Sleep"), { minLength: 1, maxLength: 3 }),
  }),
};

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
/** One change of some bytes; a place is a fraction of the length. */
const change = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: place, bit: fc.nat(7) }),
  fc.record({
    kind: fc.constant("cut" as const),
    at: place,
    length: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ kind: fc.constant("end" as const), at: place }),
  fc.record({ kind: fc.constant("repeat" as const), at: place, length: fc.nat(40) }),
  fc.record({
    kind: fc.constant("insert" as const),
    at: place,
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 6 }),
      fc
        .constantFrom(
          '"',
          "\\",
          "\\u0000",
          "\\ud800",
          "{",
          "[",
          "]",
          ",",
          "null",
          "-1e999",
          "\ufeff",
        )
        .map((text) => new TextEncoder().encode(text)),
    ),
  }),
);

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(bytes: Uint8Array, what: Change): Uint8Array {
  const at = Math.floor(what.at * bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (what.kind) {
    case "flip":
      return bytes.map((byte, index) => (index === at ? byte ^ (1 << what.bit) : byte));
    case "cut":
      return joined(before, after.subarray(what.length));
    case "end":
      return before;
    case "repeat":
      return joined(before, after.subarray(0, what.length), after);
    case "insert":
      return joined(before, what.bytes, after);
  }
}

const joined = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));

describe.each(Object.entries(bodies))("%s", (path, body) => {
  it(
    "answers as its document says, however a body was broken on the way",
    async () => {
      const seen = new Map<number, number>();
      const changes = fc.array(change, { maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(body, changes, async (given, broken) => {
          const bytes = broken.reduce(changed, new TextEncoder().encode(JSON.stringify(given)));
          const response = await send(
            new Request(`https://themerank.test${path}`, {
              method: "POST",
              headers: { "content-type": "application/json" },
              body: bytes,
            }),
            alone,
          );
          seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
          expect(await complaint(path, response)).toBeNull();
        }),
        { numRuns: runs },
      );
      // Else the changes are too gentle, or too rough, to show anything.
      for (const status of [200, 400, 422]) expect(seen.get(status) ?? 0).toBeGreaterThan(5);
    },
    withinMs,
  );
});

describe("the document as a judge", () => {
  it("finds an undocumented status, a wrong type and an answer of another shape", async () => {
    const judge = (status: number, answer: object, type = "application/json") =>
      complaint(
        "/v1/rank",
        new Response(JSON.stringify(answer), { status, headers: { "content-type": type } }),
      );
    expect(await judge(418, {})).toBe("undocumented status 418");
    expect(await judge(503, {})).toBe("status 503");
    expect(await judge(200, {}, "text/html")).toBe("undocumented type text/html of 200");
    expect(await judge(200, { id: "a", themes: [] })).toContain("200: ");
    expect(await judge(422, { title: "a" }, "application/problem+json")).toContain("422: ");
  });
});
