// Jina's classify: each input against all labels.
import { z } from "@hono/zod-openapi";
import { dialect, fraction, queryOf, tokensOf } from "./dialect.ts";
import { model, query, requireText, strings, textOf, toThemes } from "./documents.ts";

/** As many texts as a native batch may have. */
const maxInputs = 32;

const labelsOf = (body: { labels: string[] }) => body.labels.map((each) => textOf(each));

const request = requireText(
  z.object({
    model,
    input: z
      .array(z.union([query, z.object({ text: query })]))
      .min(1, "must hold at least 1 input")
      .max(maxInputs, `must hold at most ${maxInputs} inputs`),
    labels: strings,
  }),
  "labels",
  labelsOf,
).openapi("JinaClassifyRequest", {
  description: "Zero-shot only: `labels` are required. Other fields are ignored.",
  example: {
    model: "any",
    input: ["The rent went up again and I lie awake counting what is left of my pay."],
    labels: ["Money", "Sleep"],
  },
});

const answer = z
  .object({
    data: z.array(
      z.object({
        object: z.literal("classification"),
        index: z.int().min(0),
        prediction: z.string(),
        score: z.number().min(0).max(1),
        predictions: z
          .array(z.object({ label: z.string(), score: z.number().min(0).max(1) }))
          .openapi({ description: "In the order of the labels; scores do not add up to 1." }),
      }),
    ),
    usage: z.object({ total_tokens: z.int() }),
  })
  .openapi("JinaClassifyAnswer");

export const jinaClassify = dialect(request, answer, (body) => {
  const themes = toThemes(labelsOf(body));
  const labels = body.labels.map((label) => label.toWellFormed());
  return {
    queries: body.input.map((each) =>
      queryOf(typeof each === "string" ? each : each.text, themes, null),
    ),
    answer: (outcomes, { usage }) => ({
      data: outcomes.map(({ themes: ranked }, index) => {
        const scores = new Map(ranked.map(({ theme, score }) => [theme.id, fraction(score)]));
        const first = ranked[0]?.theme.id ?? "0";
        return {
          object: "classification",
          index,
          prediction: labels[Number(first)],
          score: scores.get(first),
          predictions: labels.map((label, at) => ({ label, score: scores.get(String(at)) })),
        };
      }),
      usage: { total_tokens: tokensOf(usage).total_tokens },
    }),
  };
});
