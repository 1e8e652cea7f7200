// Mixedbread's reranking.
import { z } from "@hono/zod-openapi";
import { dialect, fraction, queryOf, tokensOf } from "./dialect.ts";
import { documents, echoOf, fieldNames, flag, model, query, requireText } from "./documents.ts";
import { textOf, top, toThemes, type Document } from "./documents.ts";

const textsOf = (body: { input: Document[]; rank_fields?: string[] | null | undefined }) =>
  body.input.map((each) => textOf(each, body.rank_fields ?? null));

const request = requireText(
  z.object({
    model,
    query,
    input: documents,
    rank_fields: fieldNames,
    top_k: top,
    return_input: flag,
  }),
  "input",
  textsOf,
).openapi("MixedbreadRerankRequest", {
  description: "Other fields, and null, are ignored; without `top_k` all are returned.",
  example: {
    model: "any",
    query: "The rent went up again and I lie awake counting what is left of my pay.",
    input: ["Money", "Sleep: rest, insomnia, dreams"],
    top_k: 2,
  },
});

const answer = z
  .object({
    usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
    model: z.string(),
    data: z.array(
      z.object({
        index: z.int().min(0),
        score: z.number().min(0).max(1),
        input: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
        object: z.literal("rank_result"),
      }),
    ),
    object: z.literal("list"),
    top_k: z.int(),
    return_input: z.boolean(),
  })
  .openapi("MixedbreadRerankAnswer");

export const mixedbread = dialect(request, answer, (body) => {
  const topK = body.top_k ?? body.input.length;
  const returned = body.return_input === true;
  return {
    queries: [queryOf(body.query, toThemes(textsOf(body)), topK)],
    answer: ([outcome], { usage }) => ({
      usage: tokensOf(usage),
      model: outcome?.model,
      data: outcome?.themes.map(({ theme, score }) => ({
        index: Number(theme.id),
        score: fraction(score),
        ...(returned && { input: given(body.input[Number(theme.id)]) }),
        object: "rank_result",
      })),
      object: "list",
      top_k: topK,
      return_input: returned,
    }),
  };
});

const given = (document: Document = "") =>
  typeof document === "string" ? document.toWellFormed() : echoOf(document);
