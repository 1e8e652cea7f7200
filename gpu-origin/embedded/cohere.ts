// The rerank wire: a request's bytes to what is asked, scores to the answer. Cohere's shape, v1 and v2.
import { randomUUID } from "node:crypto";
import { z } from "zod";

const maxDocuments = 1_000;

/** Only what is used: clients send more, and null for what they leave open. */
const request = z.object({
  query: z.string().min(1),
  documents: z.array(z.string()).min(1).max(maxDocuments),
  top_n: z.int().positive().nullish(),
});

/** What is asked; `topN` is null for all documents. */
export interface RerankRequest {
  readonly query: string;
  readonly documents: readonly string[];
  readonly topN: number | null;
}

export interface RerankAnswer {
  readonly id: string;
  /** Best first; equal scores in the order of the request. `relevance_score` 0 to 1, unrounded. */
  readonly results: readonly { readonly index: number; readonly relevance_score: number }[];
  readonly meta: { readonly api_version: { readonly version: string } };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

/** The request in a body, or one sentence on what is wrong with it that repeats none of it. */
export function readRequest(body: Uint8Array): RerankRequest | { readonly problem: string } {
  const json = parseJson(body);
  if (json === undefined) return { problem: "The body is not JSON in UTF-8." };
  const parsed = request.safeParse(json);
  if (parsed.success) {
    const { query, documents, top_n: topN } = parsed.data;
    return { query, documents, topN: topN ?? null };
  }
  const [issue] = parsed.error.issues;
  return { problem: `/${issue?.path.join("/") ?? ""}: ${issue?.message ?? "Invalid input"}` };
}

/** The answer for `scores[i]` of `documents[i]`. */
export function writeAnswer(scores: readonly number[], topN: number | null): RerankAnswer {
  const results = scores
    .map((score, index) => ({ index, relevance_score: score }))
    .toSorted((a, b) => b.relevance_score - a.relevance_score)
    .slice(0, topN ?? scores.length);
  return { id: randomUUID(), results, meta: { api_version: { version: "1" } } };
}
