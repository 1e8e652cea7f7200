// The vendors' clients for JavaScript, unmodified: each ranks, understands a refusal, and tries again.
import { describe, expect, it } from "vitest";
import { requireClient } from "./environment.ts";
import { askedToWaitMs, documents, key, query, refuseNext, url, visits } from "./gateway.ts";

/** Of each client what is used here. */
interface Reranker {
  rerank(request: object): Promise<unknown>;
}
type Constructor<T> = new (options: object) => T;

const { CohereClient, CohereClientV2 } = requireClient("cohere-ai") as {
  CohereClient: Constructor<Reranker>;
  CohereClientV2: Constructor<Reranker>;
};
const { VoyageAIClient } = requireClient("voyageai") as { VoyageAIClient: Constructor<Reranker> };
const { Mixedbread } = requireClient("@mixedbread/sdk") as { Mixedbread: Constructor<Reranker> };
const { createCohere } = requireClient("@ai-sdk/cohere") as {
  createCohere: (options: object) => { reranking: (model: string) => object };
};
const { rerank } = requireClient("ai") as { rerank: (request: object) => Promise<unknown> };
const { CohereRerank } = requireClient("@langchain/cohere") as {
  CohereRerank: Constructor<{
    rerank(documents: readonly string[], query: string): Promise<unknown>;
  }>;
};

interface Client {
  readonly name: string;
  readonly path: string;
  readonly rank: (apiKey: string, asked: string) => Promise<unknown>;
  /** The answer as this client hands it on. */
  readonly answer: unknown;
  /** What its errors carry. */
  readonly error: (status: number, message: string) => object;
}

const score = expect.toSatisfy((value: number) => value > 0 && value <= 1) as number;
const containing = (text: string) => expect.stringContaining(text) as string;
const model = "any";

const clients: readonly Client[] = [
  {
    name: "cohere-ai, v2",
    path: "/v2/rerank",
    rank: (token, asked) =>
      new CohereClientV2({ token, baseUrl: url }).rerank({
        model,
        query: asked,
        documents,
        topN: 1,
      }),
    answer: { results: [{ index: 1, relevanceScore: score }] },
    error: (statusCode, message) => ({ statusCode, body: { message: containing(message) } }),
  },
  {
    name: "cohere-ai, v1",
    path: "/v1/rerank",
    rank: (token, asked) =>
      new CohereClient({ token, environment: url }).rerank({
        query: asked,
        documents: documents.map((text) => ({ text })),
        topN: 1,
        returnDocuments: true,
      }),
    answer: {
      results: [{ index: 1, relevanceScore: score, document: { text: documents[1] } }],
      meta: { apiVersion: { version: "1" }, billedUnits: { searchUnits: 1 } },
    },
    error: (statusCode, message) => ({ statusCode, body: { message: containing(message) } }),
  },
  {
    name: "voyageai",
    path: "/v1/rerank",
    rank: (apiKey, asked) =>
      new VoyageAIClient({ apiKey, environment: `${url}/v1` }).rerank({
        model,
        query: asked,
        documents,
        topK: 1,
      }),
    answer: { object: "list", data: [{ index: 1, relevanceScore: score }] },
    error: (statusCode, message) => ({ statusCode, body: { detail: containing(message) } }),
  },
  {
    name: "voyageai, how many left open",
    path: "/v1/rerank",
    rank: (apiKey, asked) =>
      new VoyageAIClient({ apiKey, environment: `${url}/v1` }).rerank({
        model,
        query: asked,
        documents,
      }),
    answer: { data: [{ index: 1, relevanceScore: score }, expect.anything(), expect.anything()] },
    error: (statusCode, message) => ({ statusCode, body: { detail: containing(message) } }),
  },
  {
    name: "@mixedbread/sdk",
    path: "/v1/reranking",
    rank: (apiKey, asked) =>
      new Mixedbread({ apiKey, baseURL: url }).rerank({
        model,
        query: asked,
        input: documents,
        top_k: 1,
        return_input: true,
      }),
    answer: { data: [{ index: 1, score, input: documents[1] }], top_k: 1 },
    error: (status, message) => ({ status, message: containing(message) }),
  },
  {
    name: "ai and @ai-sdk/cohere",
    path: "/v2/rerank",
    rank: (apiKey, asked) =>
      rerank({
        model: createCohere({ apiKey, baseURL: `${url}/v2` }).reranking(model),
        documents,
        query: asked,
        topN: 1,
      }),
    answer: { ranking: [{ originalIndex: 1, score, document: documents[1] }] },
    error: (statusCode, message) => ({ statusCode, message: containing(message) }),
  },
  {
    name: "@langchain/cohere",
    path: "/v1/rerank",
    rank: (token, asked) =>
      new CohereRerank({
        client: new CohereClient({ token, environment: url }),
        model,
        topN: 1,
      }).rerank(documents, asked),
    answer: [{ index: 1, relevanceScore: score }],
    error: (statusCode, message) => ({ statusCode, body: { message: containing(message) } }),
  },
];

describe.each(clients)("$name", ({ path, rank, answer, error }) => {
  it("ranks", async () => {
    expect(await rank(key, query)).toMatchObject(answer as object);
  });

  it("is told which field is wrong, and does not try that again", async () => {
    await refuseNext(0);
    await expect(rank(key, "?")).rejects.toMatchObject(error(422, "/query must hold"));
    expect(await visits()).toMatchObject([{ path, status: 422 }]);
  });

  it("is told that its key is none", async () => {
    await expect(rank("tr_test_none", query)).rejects.toMatchObject(error(401, "API key"));
  });

  it("waits as long as a 429 says, tries again by itself, and ranks", async () => {
    await refuseNext(1);
    expect(await rank(key, query)).toMatchObject(answer as object);
    const [first, second, ...more] = await visits();
    expect([first?.status, second?.status, more]).toEqual([429, 200, []]);
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(askedToWaitMs);
  });
});
