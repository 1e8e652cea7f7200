// Voyage's rerank: Cohere's path, other names.
import { z } from "@hono/zod-openapi";
import { dialect, fraction, queryOf, tokensOf } from "./dialect.ts";
import { documents, flag, model, query, requireText, textOf, top, toThemes } from "./documents.ts";
import type { Document } from "./documents.ts";

const textsOf = (body: { documents: Document[] }) => body.documents.map((each) => textOf(each));

const request = requireText(
  z.object({ model, query, documents, top_k: top, return_documents: flag }),
  "documents",
  textsOf,
).openapi("VoyageRerankRequest", {
  description:
    "Taken for Voyage's by the key `top_k`, or the header of Voyage's own JavaScript client. " +
    "Other fields, and null, are ignored.",
  example: {
    model: "any",
    query: "The rent went up again and I lie awake counting what is left of my pay.",
    documents: ["Money", "Sleep: rest, insomnia, dreams"],
    top_k: 2,
  },
});

const answer = z
  .object({
    object: z.literal("list"),
    data: z.array(
      z.object({
        index: z.int().min(0),
        relevance_score: z.number().min(0).max(1),
        document: z.string().optional(),
      }),
    ),
    model: z.string(),
    usage: z.object({ total_tokens: z.int() }),
  })
  .openapi("VoyageRerankAnswer");

export const voyage = dialect(request, answer, (body) => ({
  queries: [queryOf(body.query, toThemes(textsOf(body)), body.top_k ?? null)],
  answer: ([outcome], { usage }) => ({
    object: "list",
    data: outcome?.themes.map(({ theme, score }) => ({
      index: Number(theme.id),
      relevance_score: fraction(score),
      ...(body.return_documents === true && { document: given(body.documents[Number(theme.id)]) }),
    })),
    model: outcome?.model,
    usage: { total_tokens: tokensOf(usage).total_tokens },
  }),
}));

const given = (document: Document = "") =>
  typeof document === "string" ? document.toWellFormed() : textOf(document);

/** Whether a request for the shared path is Voyage's. @param client its X-Fern-SDK-Name */
export function isVoyage(value: unknown, client: string | undefined): boolean {
  // Its JavaScript client leaves out a key that is not set; the one for Python sends null.
  return client === "voyageai" || (typeof value === "object" && value !== null && "top_k" in value);
}
