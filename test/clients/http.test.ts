// Text-embeddings-inference and Jina, which are asked by plain HTTP: shapes, refusals and waits.
import { describe, expect, it } from "vitest";
import { documents, key, query, refuseNext, url } from "./gateway.ts";
import { retryAfterSeconds } from "./relay.ts";

async function ask(path: string, body: object, apiKey = key) {
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  return { response, answer };
}

const score = expect.toSatisfy((value: number) => value >= 0 && value <= 1) as number;
const text = documents[1];

const cases = [
  {
    name: "text-embeddings-inference",
    path: "/rerank",
    body: { query, texts: documents, return_text: true, raw_scores: false, truncate: true },
    answer: [{ index: 1, score, text }, expect.anything(), expect.anything()],
    refusal: { error_type: "validation", error: expect.stringContaining("/query") as string },
  },
  {
    name: "Jina, rerank",
    path: "/v1/rerank",
    body: { model: "jina-reranker", query, documents, top_n: 1, return_documents: true },
    answer: {
      model: "theme-ranker",
      results: [{ index: 1, relevance_score: score, document: { text } }],
      usage: { total_tokens: expect.any(Number) as number },
    },
    refusal: { detail: expect.stringContaining("/query") as string },
  },
  {
    name: "Jina, classify",
    path: "/v1/classify",
    body: { model: "jina-embeddings", input: [query, { text: query }], labels: documents },
    answer: {
      data: [0, 1].map((index) => ({
        object: "classification",
        index,
        prediction: text,
        score,
        predictions: documents.map((label) => ({ label, score })),
      })),
      usage: { total_tokens: expect.any(Number) as number },
    },
    refusal: { detail: expect.stringContaining("/input/0") as string },
  },
];

describe.each(cases)("$name", ({ path, body, answer, refusal }) => {
  it("ranks", async () => {
    const told = await ask(path, body);
    expect([told.response.status, told.answer]).toMatchObject([200, answer]);
  });

  it("is told which field is wrong", async () => {
    const { response, answer: told } = await ask(path, { ...body, query: "?", input: ["?"] });
    expect([response.status, told]).toMatchObject([422, refusal]);
  });

  it("is told that its key is none, and how long to wait", async () => {
    expect((await ask(path, body, "tr_test_none")).response.status).toBe(401);
    await refuseNext(1);
    const { response, answer: told } = await ask(path, body);
    expect([response.status, told]).toMatchObject([429, { retryable: true }]);
    expect(response.headers.get("retry-after")).toBe(String(retryAfterSeconds));
    expect((await ask(path, body)).response.status).toBe(200);
  });
});
