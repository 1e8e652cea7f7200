// POST /v1/rank/batch: several texts against one catalogue, each with its own answer or problem.
import { z } from "@hono/zod-openapi";
import { addBills } from "../core/call-log.ts";
import type { Result } from "../core/failure.ts";
import type { RankFailure, RankOutcome } from "../core/outcome.ts";
import type { EventFields } from "../telemetry.ts";
import { problemAnswer, rankAnswer, usage as usageSchema } from "./answer-schema.ts";
import { toRankAnswer, toReceipt } from "./answer.ts";
import { toProblem } from "./problem.ts";
import { oneCatalogue, rankFields } from "./request-schema.ts";

const { text, ...shared } = rankFields;

export const batchRequest = oneCatalogue(
  z.strictObject({
    texts: z.array(text).min(1, "must hold at least 1 text").max(32, "must hold at most 32 texts"),
    ...shared,
  }),
).openapi("BatchRequest", {
  example: {
    texts: [
      "The rent went up again and I lie awake counting what is left of my pay.",
      "She laughs more since the garden is hers.",
    ],
    themes: ["Money", { id: "sleep", label: "Sleep", description: "Rest, insomnia, dreams" }],
  },
});

export const batchAnswer = z
  .object({
    id: z.string(),
    results: z
      .array(z.union([rankAnswer, z.object({ problem: problemAnswer })]))
      .openapi({ description: "One for each text, in order; one text's failure is its own." }),
    usage: usageSchema,
    processing_time_ms: z.int(),
  })
  .openapi("BatchAnswer");

export type RankResult = Result<RankOutcome, RankFailure>;

/** @param processingTimeMs of the whole batch: each answer in it was built when the last was there */
export function toBatchAnswer(
  results: readonly RankResult[],
  requestId: string,
  processingTimeMs: number,
): z.output<typeof batchAnswer> {
  const answers = results.map((result, index) => {
    const id = `${requestId}.${index}`;
    return result.ok
      ? toRankAnswer(result.value, { requestId: id, usage: result.value.usage, processingTimeMs })
      : { problem: toProblem({ kind: "ranking-unavailable", failure: result.failure }, id) };
  });
  const usage = toReceipt(usageOf(results));
  return { id: requestId, results: answers, usage, processing_time_ms: processingTimeMs };
}

/** What the rankings of a batch consumed together, failed ones too; unknown as soon as one of them is. */
export const usageOf = (results: readonly RankResult[]) =>
  addBills(results.map((result) => (result.ok ? result.value : result.failure).usage));

const ranked = (results: readonly RankResult[]) =>
  results.flatMap((result) => (result.ok ? [result.value] : []));

/** The event's fields of several rankings. */
export function batchFields(results: readonly RankResult[]): EventFields {
  const outcomes = ranked(results);
  return {
    texts: results.length,
    failed: results.length - outcomes.length,
    sources: [...new Set(outcomes.map(({ source }) => source))],
    degraded: outcomes.some(({ reason }) => reason !== null),
    ...(outcomes[0] && { themes: outcomes[0].scores.length }),
    ...knownAndRanked(outcomes),
  };
}

/** Cache-Status (RFC 9211) of several rankings: a hit when no ranker was asked for any of them. */
export function batchCacheStatus(results: readonly RankResult[]): string {
  const outcomes = ranked(results);
  const all = (status: string) => outcomes.every(({ cache }) => cache.status === status);
  if (outcomes.length === results.length && all("hit")) return "themerank; hit";
  if (outcomes.length > 0 && all("bypass")) return "themerank; fwd=bypass";
  const { known, ranked: asked } = knownAndRanked(outcomes);
  if (known === 0) return "themerank; fwd=miss";
  return `themerank; fwd=partial; detail="${known} known, ${asked} ranked"`;
}

function knownAndRanked(outcomes: readonly RankOutcome[]) {
  const sum = (part: "known" | "ranked") =>
    outcomes.reduce((total, { cache }) => total + cache[part], 0);
  return { known: sum("known"), ranked: sum("ranked") };
}
