// What is told of a request: one wide event on the console, Server-Timing and Cache-Status to the caller.
import type { Bill } from "./core/call-log.ts";
import type { CacheFault } from "./core/ports.ts";
import type { Attempt, RankFailure, RankOutcome, SummaryOutcome } from "./core/outcome.ts";
import type { RequestRecord } from "./telemetry/request-record.ts";

/** What a part of the code has to say of the request. */
export type EventFields = Partial<RequestRecord>;

/** Collects one request's fields; written once, when the last of the request is done. */
export class RequestEvent {
  readonly #fields: EventFields = {};

  set(fields: EventFields): void {
    Object.assign(this.#fields, fields);
  }

  /** Adds to a field that is a list; it is not there while it is empty. */
  add(name: "cache_faults", item: string): void {
    this.set({ [name]: [...(this.#fields[name] ?? []), item] });
  }

  /** Adds to the time that a stage took, in ms; a stage is named as in Server-Timing. */
  spend(stage: string, ms: number): void {
    const { stages } = this.#fields;
    this.set({ stages: { ...stages, [stage]: (stages?.[stage] ?? 0) + Math.round(ms) } });
  }

  /** What stages took so far. */
  get stages(): Readonly<Record<string, number>> {
    return this.#fields.stages ?? {};
  }

  /** One JSON line, and the same as data. */
  write(request: RequestFields): RequestRecord {
    // Twice: the id and the route first, where they are read, and never another's word in their place.
    const record = { event: "request", ...request, ...this.#fields, ...request } as const;
    // oxlint-disable-next-line no-console -- the console is where Workers Logs reads events
    console.log(JSON.stringify(record));
    return record;
  }
}

/** What every event has. */
export type RequestFields = Pick<
  RequestRecord,
  "id" | "method" | "route" | "status" | "duration_ms" | "colo" | "release"
>;

/** The event's fields of a ranking. */
export function rankFields({
  source,
  model,
  version,
  reason,
  cache,
  attempts,
  scores,
}: RankOutcome): EventFields {
  return {
    source,
    model,
    ...(version !== undefined && { ranker_version: version }),
    degraded: reason !== null,
    reason,
    cache: cache.status,
    known: cache.known,
    ranked: cache.ranked,
    collapsed: cache.collapsed === true,
    themes: scores.length,
    attempts: attempts.map(attemptFields),
  };
}

/** The event's fields of a ranking that nobody gave. */
export function failureFields({ attempts, failures }: RankFailure): EventFields {
  return { reason: failures[0]?.reason ?? null, attempts: attempts.map(attemptFields) };
}

/** The event's fields of a summary. */
export function summaryFields({ written, reason, cache, attempts }: SummaryOutcome): EventFields {
  return {
    summary_source: written?.source ?? null,
    summary_model: written?.model ?? null,
    summarizer_version: written?.version ?? null,
    summary_reason: reason,
    summary_cache: cache.status,
    summary_attempts: attempts.map(attemptFields),
  };
}

/** The event's fields of what calls consumed. */
export function billFields(bill: Bill): EventFields {
  return {
    calls: bill.calls.map((call) => ({
      source: call.source,
      model: call.model,
      reason: call.reason,
      duration_ms: call.durationMs,
      prompt_tokens: call.promptTokens,
      completion_tokens: call.completionTokens,
      cost_usd: call.costUsd,
    })),
    prompt_tokens: bill.promptTokens,
    completion_tokens: bill.completionTokens,
    cost_usd: bill.costUsd,
    saved_usd: bill.savedUsd,
  };
}

function attemptFields({ source, outcome, reason, durationMs }: Attempt<string>) {
  return { source, outcome, reason, duration_ms: durationMs };
}

/** One line of a waterfall. */
interface Leg {
  readonly name: string;
  readonly ms: number;
  readonly reason: string | null;
}

/**
 * Where the time went, in order: looks into the cache (`cache`, `summary-cache`), then each attempt
 * by its source, those of the summary as `summary-…`. An attempt's time holds its look into the cache.
 */
function legsOf(
  spent: Readonly<Record<string, number>>,
  attempts: readonly Attempt<string>[],
  summary?: SummaryOutcome,
): Leg[] {
  const looked = (name: string) =>
    spent[name] === undefined ? [] : [{ name, ms: spent[name], reason: null }];
  const tried = (prefix: string, tries: readonly Attempt<string>[]) =>
    tries.map(({ source, durationMs, reason }) => ({
      name: `${prefix}${source}`,
      ms: durationMs,
      reason,
    }));
  return [
    ...looked("cache"),
    ...tried("", attempts),
    ...looked("summary-cache"),
    ...tried("summary-", summary?.attempts ?? []),
  ];
}

/**
 * Server-Timing (W3C): looks into the cache, attempts, and the total; milliseconds.
 * @param spent what stages took that are no attempts
 */
export function serverTiming(
  totalMs: number,
  ranking: Pick<RankOutcome, "attempts">,
  summary?: SummaryOutcome,
  spent: Readonly<Record<string, number>> = {},
): string {
  return [
    ...legsOf(spent, ranking.attempts, summary).map(
      ({ name, ms, reason }) => `${name};dur=${ms}${reason === null ? "" : `;desc="${reason}"`}`,
    ),
    `total;dur=${totalMs}`,
  ].join(", ");
}

/** The event's field of the same: what each stage took, by its name. */
export function stageFields(
  ranking: Pick<RankOutcome, "attempts">,
  summary?: SummaryOutcome,
  spent: Readonly<Record<string, number>> = {},
): EventFields {
  const stages: Record<string, number> = {};
  for (const { name, ms } of legsOf(spent, ranking.attempts, summary))
    stages[name] = (stages[name] ?? 0) + ms;
  return { stages };
}

/**
 * Cache-Status (RFC 9211) of the ranking. Stale scores are `fwd=stale` where the ranker was asked and
 * failed, and a hit whose freshness has run out where it was not asked.
 */
export function cacheStatus({ cache, source, attempts }: RankOutcome): string {
  const ttl = cache.ttlSeconds === undefined ? "" : `; ttl=${cache.ttlSeconds}`;
  const collapsed = cache.collapsed === true ? "; collapsed" : "";
  switch (cache.status) {
    case "hit":
      return `themerank; hit${ttl}`;
    case "stale": {
      const asked = attempts.some((each) => each.source === source && each.outcome === "failed");
      return `themerank; ${asked ? "fwd=stale" : "hit"}${ttl}; detail=stale`;
    }
    case "partial":
      return `themerank; fwd=partial${collapsed}; detail="${cache.known} known, ${cache.ranked} ranked"`;
    case "miss":
      return `themerank; fwd=miss${collapsed}`;
    case "bypass":
      return "themerank; fwd=bypass";
  }
}

/** What somebody should look into, although every request was answered: one JSON line of its own. */
export function reportAlarm(alarm: string, status: number): void {
  // oxlint-disable-next-line no-console -- as above
  console.warn(JSON.stringify({ event: "alarm", alarm, status }));
}

/** A fault that cost its request no answer: one JSON line of its own, beside the request's. */
export function reportCacheFault(fault: CacheFault, requestId: string): void {
  // oxlint-disable-next-line no-console -- as above
  console.warn(JSON.stringify({ event: "cache_fault", fault, id: requestId }));
}

/** A fault of what decides who may ask, which belongs to no one request: one JSON line. */
export function reportAccessFault(fault: string): void {
  // oxlint-disable-next-line no-console -- as above
  console.warn(JSON.stringify({ event: "access_fault", fault }));
}

/** A budget that could not be asked or told: one JSON line of its own. */
export function reportBudgetFault(fault: string): void {
  // oxlint-disable-next-line no-console -- as above
  console.warn(JSON.stringify({ event: "budget_fault", fault }));
}
