// Other vendors' requests and answers on the whole Worker: shapes, what tells them apart, errors.
import { afterAll, beforeEach, describe, expect, inject, it } from "vitest";
import { z } from "zod";
import { dialectRoutes } from "../../gateway/edge/dialects/routes.ts";
import { guardedEnvironment, issueKey } from "./keys.ts";
import { freshText, get, post, send, sendTo } from "./service.ts";
import { FakeControl } from "./support.ts";

const vllm = new FakeControl(inject("vllm"));
const gemini = new FakeControl(inject("gemini"));
const reset = () => Promise.all([vllm.reset(), gemini.reset()]);
beforeEach(async () => void (await reset()));
afterAll(async () => void (await reset()));

/** What the origin was asked. */
const prompts = async () =>
  (await vllm.requests()).flatMap(({ body }) => (body as { prompt: string[] }).prompt);

const documents = ["Travel: journeys and trains", "Money: debt, rent and bills", "Family"];
const json = { "content-type": "application/json" };

interface Case {
  readonly name: string;
  readonly path: string;
  /** A request in which all documents are asked back. */
  readonly body: (query: string) => Record<string, unknown>;
  /** Where the documents stand, and how many results are asked for. */
  readonly list: string;
  readonly top: string | null;
  readonly answer: (index: number, text: string) => object;
  /** The list of results in an answer. */
  readonly results: (answer: never) => readonly { index: number }[];
}

const score = expect.toSatisfy((value: number) => value >= 0 && value <= 1) as number;
const tokens = expect.any(Number) as number;
const cohere = (path: string, version: string): Case => ({
  name: `Cohere v${version} and Jina at ${path}`,
  path,
  body: (query) => ({ model: "rerank-9", query, documents, return_documents: true }),
  list: "documents",
  top: "top_n",
  answer: (index, text) => ({
    id: expect.stringMatching(/^req_/) as string,
    model: "theme-ranker",
    results: expect.arrayContaining([
      { index, relevance_score: score, document: { text } },
    ]) as object[],
    meta: { api_version: { version }, billed_units: { search_units: 1 } },
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }),
  results: ({ results }: { results: { index: number }[] }) => results,
});
const voyage = (path: string): Case => ({
  name: `Voyage at ${path}`,
  path,
  body: (query) => ({
    model: "rerank-9",
    query,
    documents,
    top_k: null,
    truncation: true,
    return_documents: true,
  }),
  list: "documents",
  top: "top_k",
  answer: (index, text) => ({
    object: "list",
    data: expect.arrayContaining([{ index, relevance_score: score, document: text }]) as object[],
    model: "theme-ranker",
    usage: { total_tokens: tokens },
  }),
  results: ({ data }: { data: { index: number }[] }) => data,
});

const cases: readonly Case[] = [
  cohere("/v2/rerank", "2"),
  cohere("/v1/rerank", "1"),
  cohere("/rerank", "1"),
  voyage("/v1/rerank"),
  voyage("/v2/rerank"),
  {
    name: "Mixedbread",
    path: "/v1/reranking",
    body: (query) => ({
      model: "rerank-9",
      query,
      input: documents,
      return_input: true,
      rewrite_query: null,
    }),
    list: "input",
    top: "top_k",
    answer: (index, text) => ({
      usage: { prompt_tokens: tokens, total_tokens: tokens },
      model: "theme-ranker",
      data: expect.arrayContaining([
        { index, score, input: text, object: "rank_result" },
      ]) as object[],
      object: "list",
      top_k: 3,
      return_input: true,
    }),
    results: ({ data }: { data: { index: number }[] }) => data,
  },
  {
    name: "text-embeddings-inference",
    path: "/rerank",
    body: (query) => ({ query, texts: documents, return_text: true, raw_scores: false }),
    list: "texts",
    top: null,
    answer: (index, text) => expect.arrayContaining([{ index, score, text }]) as object,
    results: (results: { index: number }[]) => results,
  },
];

describe.each(cases)("$name", ({ path, body, list, top, answer, results }) => {
  const ask = (given: object) => post(path, given);

  it("is answered in its own shape, best first, documents given back where asked", async () => {
    const response = await ask(body(freshText()));
    const told = await response.json<never>();
    expect([response.status, told]).toEqual([200, answer(1, documents[1] ?? "")]);
    expect(results(told).map(({ index }) => index)[0]).toBe(1);
    expect(results(told)).toHaveLength(3);
    const relevance = results(told).map((each) => ("score" in each ? each.score : null));
    expect(relevance).toEqual(relevance.toSorted((a, b) => Number(b) - Number(a)));
    expect(response.headers.get("cache-status")).toBe("themerank; fwd=miss");
    expect(response.headers.get("server-timing")).toContain("origin;dur=");
  });

  it("gives no document back unasked, and takes unknown and null fields for absent", async () => {
    const { return_documents: _1, return_input: _2, return_text: _3, ...bare } = body(freshText());
    const given = { ...bare, model: 7, no_such_field: { a: [1] }, ...(top && { [top]: null }) };
    const response = await ask(given);
    expect(response.status).toBe(200);
    expect(await response.text()).not.toContain("Travel");
  });

  it("ranks what is the same twice, each by its own place, asked upstream once", async () => {
    const response = await ask({ ...body(freshText()), [list]: ["Money", "Travel", "Money"] });
    const told = results(await response.json<never>());
    expect(told.map(({ index }) => index)).toEqual([0, 2, 1]);
    expect(await prompts()).toHaveLength(2);
  });

  it("is served from the cache the second time, as the native route would be", async () => {
    const query = freshText();
    await ask(body(query));
    const again = await ask(body(query));
    expect(again.headers.get("cache-status")).toMatch(/^themerank; hit/);
    const themes = documents.map((label, index) => ({ id: `t${index}`, label }));
    const native = await post("/v1/rank", { text: query, themes });
    expect(await native.json()).toMatchObject({ cache: { status: "hit", known: 3 } });
    expect(await vllm.requests()).toHaveLength(1);
  });

  it("takes 100 documents and refuses one more, and none", async () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `Theme ${index}`);
    const answered = await ask({ ...body(freshText()), [list]: many(100) });
    expect(results(await answered.json<never>())).toHaveLength(100);
    await reset();
    for (const count of [0, 101]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const response = await ask({ ...body(freshText()), [list]: many(count) });
      expect(response.status).toBe(422);
      expect(await response.json()).toMatchObject({ errors: [{ pointer: `/${list}` }] });
    }
    expect(await vllm.requests()).toEqual([]);
  });

  it("names each field that is wrong, in one line that a client shows", async () => {
    const response = await ask({ ...body("?!"), [list]: ["Money", " ", 7] });
    expect(response.status).toBe(422);
    const told = await response.json<{ message: string; errors: { pointer: string }[] }>();
    expect(told.errors.map(({ pointer }) => pointer)).toEqual(["/query", `/${list}/2`]);
    expect(told.message).toContain("/query must hold a letter or a digit");
    expect(told.message).toContain(`/${list}/2`);
    const empty = await ask({ ...body("a"), [list]: ["Money", " "] });
    expect(await empty.json()).toMatchObject({ errors: [{ pointer: `/${list}/1` }] });
    expect(await vllm.requests()).toEqual([]);
  });
});

describe.each(cases.filter(({ top }) => top !== null))("$name", ({ path, body, top, results }) => {
  it("returns as many as are wanted, all when that is more", async () => {
    const query = freshText();
    const ask = (count: number) => post(path, { ...body(query), [top ?? ""]: count });
    const counts = [];
    for (const count of [1, 2, 500]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      counts.push(results(await (await ask(count)).json<never>()).length);
    }
    expect(counts).toEqual([1, 2, 3]);
    expect((await ask(0)).status).toBe(422);
  });
});

describe("what tells the dialects of one path apart", () => {
  it("is the key top_k or Voyage's own client, and the key texts", async () => {
    const body = { query: freshText(), documents };
    const shapeOf = async (path: string, given: object, headers = {}) => {
      const request = new Request(`https://themerank.test${path}`, {
        method: "POST",
        headers: { ...json, ...headers },
        body: JSON.stringify(given),
      });
      return Object.keys(await (await send(request)).json<object>());
    };
    expect(await shapeOf("/v1/rerank", body)).toContain("results");
    expect(await shapeOf("/v1/rerank", { ...body, top_k: null })).toContain("data");
    const client = { "x-fern-sdk-name": "voyageai" };
    expect(await shapeOf("/v1/rerank", body, client)).toContain("data");
    expect(await shapeOf("/rerank", { query: body.query, texts: ["Money"] })).toEqual(["0"]);
  });

  it("is never the native strictness: what is no object is a 422 with the pointer to it all", async () => {
    for (const { path } of dialectRoutes) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const response = await post(path, "null");
      expect([path, response.status, await response.json()]).toMatchObject([
        path,
        422,
        { errors: [{ pointer: "" }] },
      ]);
    }
  });
});

describe("documents that are objects", () => {
  const ask = async (given: object) => {
    const query = freshText();
    const response = await post("/v1/rerank", { query, return_documents: true, ...given });
    const { results } = await response.json<{ results?: { document: object }[] }>();
    const [prompt = ""] = await prompts();
    return { status: response.status, results, prompt };
  };

  it("count by their text, and come back as they were, without what is nested", async () => {
    const document = { text: "Rent and bills", title: "Quarterly", nested: { deep: [1] } };
    const { results, prompt } = await ask({ documents: [document] });
    expect(prompt).toContain("Rent and bills");
    expect(prompt).not.toContain("Quarterly");
    expect(results?.[0]?.document).toEqual({ text: "Rent and bills", title: "Quarterly" });
  });

  it("count by the fields that are named", async () => {
    const document = { text: "Rent", title: "Quarterly", body: "Bills" };
    const { prompt } = await ask({ documents: [document], rank_fields: ["title", "body"] });
    expect(prompt).toContain("Quarterly Bills");
  });

  it("are refused without any text", async () => {
    expect((await ask({ documents: [{ image: 7 }] })).status).toBe(422);
  });

  it("are answered however deep they are nested", async () => {
    const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    const body = `{"query":"rent","return_documents":true,"documents":[{"text":"a","b":${deep}}]}`;
    expect((await post("/v1/rerank", body)).status).toBe(200);
  });
});

describe("a document longer than a theme may be", () => {
  it("counts with its first 620 characters, and comes back whole", async () => {
    const long = `${"\u{1F9FE}".repeat(619)}xy`;
    const given = { query: freshText(), documents: [long], return_documents: true };
    const response = await post("/v2/rerank", given);
    const { results } = await response.json<{ results: { document: { text: string } }[] }>();
    expect(results[0]?.document.text).toBe(long);
    const [prompt] = await prompts();
    expect(prompt).toContain(`${"\u{1F9FE}".repeat(619)}x`);
    expect(prompt).not.toContain("xy");
  });
});

describe("/v1/classify", () => {
  const labels = ["Travel", "Money", "Family"];

  it("answers each input with its best label, and all labels in their order", async () => {
    const input = [freshText(), { text: freshText() }];
    const response = await post("/v1/classify", { model: "any", input, labels });
    expect(response.status).toBe(200);
    const predictions = labels.map((label) => ({ label, score }));
    expect(await response.json()).toEqual({
      data: [0, 1].map((index) => ({
        object: "classification",
        index,
        prediction: "Money",
        score,
        predictions,
      })),
      usage: { total_tokens: tokens },
    });
    expect(await vllm.requests()).toHaveLength(2);
  });

  it("points at the input that is wrong, and wants labels", async () => {
    const response = await post("/v1/classify", { input: ["Rent.", "", { text: "?" }], labels });
    const { errors } = await response.json<{ errors: { pointer: string }[] }>();
    expect(errors.map(({ pointer }) => pointer)).toEqual(["/input/1", "/input/2/text"]);
    const unlabelled = await post("/v1/classify", { input: ["Rent."], classifier_id: "a" });
    expect(await unlabelled.json()).toMatchObject({ errors: [{ pointer: "/labels" }] });
  });

  it("fails as a whole where one input cannot be ranked", async () => {
    await vllm.break({ kind: "status", status: 503, times: 1 });
    const only = { RANKERS: "origin" };
    const input = [freshText(), freshText()];
    expect((await post("/v1/classify", { input, labels }, only)).status).toBe(503);
  });
});

describe.each(dialectRoutes)("a refusal of $path", ({ path }) => {
  const problem = z.object({ title: z.string(), detail: z.string(), message: z.string() });

  it("carries message, whatever is wrong and in the order of all routes", async () => {
    const { env: to } = guardedEnvironment(4);
    const { text: key } = await issueKey();
    const url = `https://themerank.test${path}`;
    const authorization = `Bearer ${key}`;
    const attempts: [number, RequestInit][] = [
      [405, { method: "PUT" }],
      [401, { method: "POST", headers: json }],
      [415, { method: "POST", headers: { authorization, "content-type": "text/plain" } }],
      [413, { method: "POST", headers: { authorization, ...json }, body: "x".repeat(600_000) }],
      [400, { method: "POST", headers: { authorization, ...json }, body: "{" }],
      [422, { method: "POST", headers: { authorization, ...json }, body: "{}" }],
      [429, { method: "POST", headers: { authorization, ...json }, body: "{}" }],
    ];
    for (const [status, init] of attempts) {
      // oxlint-disable-next-line no-await-in-loop -- the limit counts them
      const response = await sendTo(to, new Request(url, init));
      expect(response.status).toBe(status);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      // oxlint-disable-next-line no-await-in-loop -- as above
      const told = problem.parse(await response.json());
      expect(told.message).toBe(told.detail);
      if (status === 429) expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
      if (status === 405) expect(response.headers.get("allow")).toBe("POST");
    }
  });
});

describe("a refusal of /rerank", () => {
  it("carries the members of text-embeddings-inference too", async () => {
    const response = await post("/rerank", { query: "", texts: ["Money"] });
    expect(await response.json()).toMatchObject({
      error: expect.stringContaining("/query") as string,
      error_type: "validation",
    });
    await vllm.break({ kind: "status", status: 503 });
    const down = await post("/rerank", { query: "Rent", texts: ["Pay"] }, { RANKERS: "origin" });
    expect([down.status, await down.json()]).toMatchObject([503, { error_type: "unhealthy" }]);
    expect(Number(down.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

describe("native routes", () => {
  it("are told problems without the vendors' members", async () => {
    const response = await post("/v1/rank", {});
    expect(await response.json()).not.toHaveProperty("message");
  });
});

describe("the document", () => {
  it("tells every shape of a shared path", async () => {
    const document = await (
      await get("/openapi.json")
    ).json<{ paths: Record<string, { post: object }> }>();
    const told = JSON.stringify(document.paths["/v1/rerank"]?.post);
    for (const name of ["CohereRerankRequest", "VoyageRerankAnswer"]) expect(told).toContain(name);
  });
});
