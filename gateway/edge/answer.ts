// From outcomes of the pipeline to answers on the wire.
import type { z } from "@hono/zod-openapi";
import type { Usage } from "../core/domain.ts";
import type { Attempt, RankOutcome, SummaryOutcome } from "../core/outcome.ts";
import type { analyzeAnswer, doneEvent, rankAnswer, summaryAnswer } from "./answer-schema.ts";

type RankAnswer = z.output<typeof rankAnswer>;
type AnalyzeAnswer = z.output<typeof analyzeAnswer>;

export interface Receipt {
  readonly requestId: string;
  readonly usage: Usage;
  readonly processingTimeMs: number;
}

export function toRankAnswer(ranking: RankOutcome, receipt: Receipt): RankAnswer {
  return {
    id: receipt.requestId,
    themes: ranking.themes.map(({ theme, score, rank, confidence, evidence }) => ({
      id: theme.id,
      label: theme.label,
      score,
      rank,
      confidence: confidence === null ? null : Math.round(confidence * 1_000) / 1_000,
      ...(evidence && { evidence: [...evidence] }),
    })),
    source: ranking.source,
    model: ranking.model,
    degraded: ranking.reason !== null,
    reason: ranking.reason,
    cache: {
      status: ranking.cache.status,
      known: ranking.cache.known,
      ranked: ranking.cache.ranked,
      age_s: ranking.cache.ageSeconds,
    },
    attempts: toAttempts(ranking.attempts),
    ...toDone(ranking, receipt),
  };
}

/** What a request took, in the answer and at the end of a stream. */
export function toDone(
  { cache }: RankOutcome,
  { usage, processingTimeMs }: Omit<Receipt, "requestId">,
): z.output<typeof doneEvent> {
  return {
    usage: {
      prompt_tokens: usage.promptTokens,
      completion_tokens: usage.completionTokens,
      cost_usd: usage.costUsd,
      // What a known score, or one that another request paid, would have cost is not known while no price is configured.
      saved_usd: cache.known === 0 && !cache.collapsed ? 0 : null,
    },
    processing_time_ms: processingTimeMs,
  };
}

export function toAnalyzeAnswer(
  ranking: RankOutcome,
  summary: SummaryOutcome,
  receipt: Receipt,
): AnalyzeAnswer {
  return { ...toRankAnswer(ranking, receipt), summary: toSummary(summary) };
}

export function toSummary({
  written,
  themeIds,
  cache,
  reason,
}: SummaryOutcome): z.output<typeof summaryAnswer> {
  return {
    text: written?.text ?? null,
    status: written === null ? "unavailable" : "complete",
    source: written?.source ?? null,
    model: written?.model ?? null,
    theme_ids: [...themeIds],
    cache: { status: cache.status, age_s: cache.ageSeconds },
    reason,
  };
}

export function toAttempts(
  attempts: readonly Attempt<RankOutcome["source"]>[],
): RankAnswer["attempts"] {
  return attempts.map(({ source, outcome, reason, durationMs }) => ({
    source,
    outcome,
    reason,
    duration_ms: durationMs,
  }));
}
