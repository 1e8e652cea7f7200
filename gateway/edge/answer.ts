// From outcomes of the pipeline to answers on the wire.
import type { z } from "@hono/zod-openapi";
import type { Bill } from "../core/call-log.ts";
import type { Usage } from "../core/domain.ts";
import type { Attempt, RankOutcome, SummaryOutcome } from "../core/outcome.ts";
import type { analyzeAnswer, doneEvent, rankAnswer, summaryAnswer } from "./answer-schema.ts";

type RankAnswer = z.output<typeof rankAnswer>;
type AnalyzeAnswer = z.output<typeof analyzeAnswer>;

export interface Receipt {
  readonly requestId: string;
  readonly usage: Bill;
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
    ...toDone(receipt),
  };
}

/** What a request took, in the answer and at the end of a stream. */
export function toDone({
  usage,
  processingTimeMs,
}: Omit<Receipt, "requestId">): z.output<typeof doneEvent> {
  return {
    usage: toReceipt(usage),
    processing_time_ms: processingTimeMs,
  };
}

/** Tokens and US dollars, in sum and call by call. */
export function toReceipt(bill: Bill): RankAnswer["usage"] {
  return {
    ...toUsage(bill),
    saved_usd: money(bill.savedUsd),
    calls: bill.calls.map((call) => ({
      source: call.source,
      model: call.model,
      reason: call.reason,
      duration_ms: call.durationMs,
      ...toUsage(call),
    })),
  };
}

function toUsage({ promptTokens, completionTokens, costUsd }: Usage) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    cost_usd: money(costUsd),
  };
}

/** Without the last digits, which are the computer's and not the bill's. */
function money(usd: number | null): number | null {
  return usd === null ? null : Number(usd.toPrecision(9));
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
