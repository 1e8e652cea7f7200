// What is told of a ranking beside its answer: the event's fields, Server-Timing and Cache-Status.
import type { Context } from "hono";
import { fail, type Result } from "../core/failure.ts";
import type { RankFailure, RankOutcome, SummaryOutcome } from "../core/outcome.ts";
import type { Clock } from "../core/ports.ts";
import {
  cacheStatus,
  failureFields,
  rankFields,
  serverTiming,
  stageFields,
  summaryFields,
} from "../telemetry.ts";
import { batchCacheStatus, batchFields, type RankResult } from "./batch.ts";
import type { Edge } from "./edge.ts";
import type { Trouble } from "./problem.ts";

/** Writes an outcome into event and headers; what the answer itself says of the request. */
export function tell(
  c: Context<Edge>,
  clock: Clock,
  ranking: RankOutcome,
  summary?: SummaryOutcome,
) {
  const processingTimeMs = Math.max(0, Math.round(clock.nowMs() - c.get("startedMs")));
  c.get("count")?.(ranking.cache.status === "hit");
  const event = c.get("event");
  const spent = event.stages;
  event.set({ ...rankFields(ranking), ...(summary && summaryFields(summary)) });
  event.set(stageFields(ranking, summary, spent));
  c.header("Server-Timing", serverTiming(processingTimeMs, ranking, summary, spent));
  c.header("Cache-Status", cacheStatus(ranking));
  return { requestId: c.get("requestId"), processingTimeMs };
}

/** The same of several rankings; each is counted. */
export function tellAll(c: Context<Edge>, clock: Clock, results: readonly RankResult[]) {
  const [first] = results;
  if (results.length === 1 && first?.ok === true) return tell(c, clock, first.value);
  const processingTimeMs = Math.max(0, Math.round(clock.nowMs() - c.get("startedMs")));
  for (const result of results) c.get("count")?.(result.ok && result.value.cache.status === "hit");
  c.get("event").set(batchFields(results));
  c.header("Server-Timing", `total;dur=${processingTimeMs}`);
  c.header("Cache-Status", batchCacheStatus(results));
  return { requestId: c.get("requestId"), processingTimeMs };
}

export function unranked(c: Context<Edge>, failure: RankFailure): Result<never, Trouble> {
  c.get("count")?.(false);
  const event = c.get("event");
  const spent = event.stages;
  event.set({ ...failureFields(failure), ...stageFields(failure, undefined, spent) });
  const totalMs = Math.max(0, Math.round(c.get("clock").nowMs() - c.get("startedMs")));
  c.header("Server-Timing", serverTiming(totalMs, failure, undefined, spent));
  return fail({ kind: "ranking-unavailable", failure });
}
