// Cohere's rerank, v1 and v2, and Jina's and vLLM's, which share its paths: one answer serves them all.
import { z } from "@hono/zod-openapi";
import { dialect, fraction, queryOf, tokensOf, type Dialect } from "./dialect.ts";
import { documents, echoOf, fieldNames, flag, model, query, requireText } from "./documents.ts";
import { textOf, top, toThemes, type Document } from "./documents.ts";

const textsOf = (body: { documents: Document[]; rank_fields?: string[] | null | undefined }) =>
  body.documents.map((each) => textOf(each, body.rank_fields ?? null));

const fields = { model, query, documents, top_n: top, return_documents: flag };

const request = requireText(
  z.object({ ...fields, rank_fields: fieldNames }),
  "documents",
  textsOf,
).openapi("CohereRerankRequest", {
  description:
    "Cohere v1 and v2, Jina, vLLM. Documents are given back when `return_documents` is true. " +
    "Other fields, and null, are ignored.",
  example: {
    model: "any",
    query: "The rent went up again and I lie awake counting what is left of my pay.",
    documents: ["Money", "Sleep: rest, insomnia, dreams"],
    top_n: 2,
  },
});

const result = z.object({
  index: z.int().min(0),
  relevance_score: z.number().min(0).max(1),
  document: z.record(z.string(), z.unknown()).optional(),
});

const answer = z
  .object({
    id: z.string(),
    model: z.string(),
    results: z.array(result),
    meta: z.object({
      api_version: z.object({ version: z.string() }),
      billed_units: z.object({ search_units: z.int() }),
    }),
    usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }).openapi({
      description: "Jina's and vLLM's. 0 where nobody was asked or the ranker told no number.",
    }),
  })
  .openapi("CohereRerankAnswer");

/** @param version as `meta.api_version` tells it */
export function cohere(version: "1" | "2"): Dialect {
  return dialect(request, answer, (body) => ({
    queries: [queryOf(body.query, toThemes(textsOf(body)), body.top_n ?? null)],
    answer: ([outcome], { requestId, usage }) => ({
      id: requestId,
      model: outcome?.model,
      results: outcome?.themes.map(({ theme, score }) => ({
        index: Number(theme.id),
        relevance_score: fraction(score),
        ...(body.return_documents === true && {
          document: echoOf(body.documents[Number(theme.id)]),
        }),
      })),
      meta: { api_version: { version }, billed_units: { search_units: 1 } },
      usage: tokensOf(usage),
    }),
  }));
}
