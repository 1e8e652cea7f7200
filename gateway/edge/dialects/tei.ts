// The rerank of Hugging Face's text-embeddings-inference: a bare array.
import { z } from "@hono/zod-openapi";
import { dialect, fraction, queryOf } from "./dialect.ts";
import { flag, query, requireText, strings, textOf, toThemes } from "./documents.ts";

const textsOf = (body: { texts: string[] }) => body.texts.map((each) => textOf(each));

const request = requireText(
  z.object({ query, texts: strings, return_text: flag }),
  "texts",
  textsOf,
).openapi("TeiRerankRequest", {
  description:
    "Taken for TEI's by the key `texts`. Other fields, and null, are ignored; scores lie in 0-1, " +
    "there are no raw ones.",
  example: {
    query: "The rent went up again and I lie awake counting what is left of my pay.",
    texts: ["Money", "Sleep: rest, insomnia, dreams"],
  },
});

const answer = z
  .array(
    z.object({
      index: z.int().min(0),
      score: z.number().min(0).max(1),
      text: z.string().optional(),
    }),
  )
  .openapi("TeiRerankAnswer");

export const tei = dialect(request, answer, (body) => ({
  queries: [queryOf(body.query, toThemes(textsOf(body)), null)],
  answer: ([outcome]) =>
    outcome?.themes.map(({ theme, score }) => ({
      index: Number(theme.id),
      score: fraction(score),
      ...(body.return_text === true && { text: body.texts[Number(theme.id)]?.toWellFormed() }),
    })) ?? [],
}));

/** Whether a request for the shared path is TEI's. */
export function isTei(value: unknown): boolean {
  return typeof value === "object" && value !== null && "texts" in value;
}
