// The older clients' shape: POST /rank-themes {text, themes} -> {scores, processing_time}.
import type { z } from "@hono/zod-openapi";
import { rankerSources } from "../../core/domain.ts";
import type { RankOutcome } from "../../core/outcome.ts";
import type { RankQuery } from "../../pipeline.ts";
import type { rankThemesAnswer } from "../answer-schema.ts";
import type { rankThemesRequest } from "../request-schema.ts";

export function fromRankThemes({ text, themes }: z.output<typeof rankThemesRequest>): RankQuery {
  return {
    text,
    themes,
    topK: themes.length,
    minScore: 0,
    mode: "default",
    sources: rankerSources,
  };
}

/** Whole scores in the order of the request; the time in seconds. */
export function toRankThemes(
  { scores }: RankOutcome,
  processingTimeMs: number,
): z.output<typeof rankThemesAnswer> {
  return { scores: scores.map(Math.round), processing_time: processingTimeMs / 1_000 };
}
