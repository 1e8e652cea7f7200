// The way of a request: cache -> rank -> summarize. Vendors are not known here, only ports.
import type { RankThroughRequest, ThemeCache } from "./cache/theme-cache.ts";
import type { SummaryCache } from "./cache/summary-cache.ts";
import type { Visit } from "./cache/visit.ts";
import type { Bill, CallLog } from "./core/call-log.ts";
import type { Egress, RankerSource, Span, Theme } from "./core/domain.ts";
import { fail, ok, type Failure, type Result } from "./core/failure.ts";
import type { RankedTheme, RankFailure, RankOutcome, SummaryOutcome } from "./core/outcome.ts";
import type { Allowance, Clock, Deadline, Progress, Ranker, Summarizer } from "./core/ports.ts";
import { inTurns } from "./resilience/bounded.ts";
import { createDeadline } from "./resilience/deadline.ts";
import { failover } from "./resilience/failover.ts";

export interface Pipeline {
  /** In order of preference, the configured ones only. */
  readonly rankers: readonly Ranker[];
  readonly summarizers: readonly Summarizer[];
  readonly themeCache: ThemeCache;
  readonly summaryCache: SummaryCache;
  /** The places in the text that speak for each theme. */
  readonly evidence: (text: string, themes: readonly Theme[]) => readonly (readonly Span[])[];
  readonly clock: Clock;
  /** What each tenant may spend on paid calls; null = nobody counts. */
  readonly allowance: Allowance | null;
}

/** What a request brings besides its text: who asks, how long it may take, what may leave the house. */
export interface Caller extends Pick<Visit, "tenant" | "defer" | "report"> {
  readonly egress: Egress;
  /** The tenant's, default 0: raised to forget all that is cached for it. */
  readonly epoch?: number;
  /** The request's arrival, epoch ms, and the budget it has from then on. */
  readonly startedMs: number;
  readonly budgetMs: number;
  /** Of all that the request asks of upstreams, ranking and summary together. */
  readonly calls: CallLog;
  /** Aborts when the caller has left and upstream work is not to go on for others; absent = it does. */
  readonly left?: AbortSignal;
  /** Hears what a stage took, ms, a part at a time. */
  readonly spend?: (stage: "cache" | "summary-cache", ms: number) => void;
}

export interface RankQuery extends Pick<RankThroughRequest, "text" | "themes" | "mode"> {
  readonly topK: number;
  readonly minScore: number;
  readonly sources: readonly RankerSource[];
}

export interface AnalyzeQuery extends RankQuery {
  readonly maxThemes: number;
  readonly language: string | null;
  readonly evidence: boolean;
}

/** Why a provider may not even be looked at; null when it may. */
type Gate = (provider: { readonly source: string }) => Failure | null;

/** They compute in the Worker itself and need no budget. */
const instant = new Set(["lexical", "extractive"]);

const roundScore = (value: number) => Math.round(value * 10) / 10;

/** Ranks by the first accepted ranker that answers, from the cache where its scores are known. */
export async function rank(
  pipeline: Pipeline,
  query: RankQuery,
  caller: Caller,
): Promise<Result<RankOutcome, RankFailure>> {
  const { egress } = caller;
  const whole = deadlineOf(pipeline, caller);
  const accepted = pipeline.rankers.filter(({ source }) => query.sources.includes(source));
  const gate: Gate = ({ source }) =>
    source === "gemini" && egress !== "any" ? { reason: "egress" } : null;
  const { attempts, failures, answer } = await failover(
    accepted,
    pipeline.clock,
    gate,
    (ranker) => {
      const { text, themes } = query;
      const preferred = ranker === accepted[0];
      const deadline = shareOf(whole, ranker, accepted, gate);
      const visit = visitOf(caller, query, preferred, deadline);
      const readTook = (ms: number) => caller.spend?.("cache", ms);
      return pipeline.themeCache.rank(ranker, { ...visit, readTook, text, themes });
    },
  );
  const usage = caller.calls.bill;
  if (answer === null) return fail({ attempts, failures, usage });

  const { scores, model, cache } = answer.value;
  const order = scores
    .map(({ value }, index) => ({ value, index }))
    .toSorted((a, b) => b.value - a.value || a.index - b.index);
  const ranked: RankedTheme[] = [];
  for (const { value, index } of order.slice(0, query.topK)) {
    const theme = query.themes[index];
    const score = roundScore(value);
    // Against the score as the client sees it, so that its own filter would agree.
    if (theme === undefined || score < query.minScore) break;
    const confidence = scores[index]?.confidence ?? null;
    ranked.push({ theme, score, rank: ranked.length + 1, confidence });
  }
  return ok({
    themes: ranked,
    scores: scores.map(({ value }) => value),
    source: answer.provider.source,
    model,
    version: answer.provider.version,
    reason: failures[0]?.reason ?? null,
    cache,
    attempts,
    usage,
  });
}

/** Workers lets a request wait for six answers at once; the cache's own reads need some of them. */
const rankingsAtOnce = 4;

/**
 * Several rankings within one deadline; what becomes of one is its own. In the order of the queries.
 * @param callerOf gives each ranking a caller: how many calls it may bring about is its own too
 */
export function rankAll(
  pipeline: Pipeline,
  queries: readonly RankQuery[],
  callerOf: () => Caller,
): Promise<Result<RankOutcome, RankFailure>[]> {
  return inTurns(queries, rankingsAtOnce, (query) => rank(pipeline, query, callerOf()));
}

/**
 * Writes a summary around the first themes of a ranking. Never fails: it may be unavailable.
 * @param progress hears what is being written, of one summarizer after another where they fail
 */
export async function summarize(
  pipeline: Pipeline,
  query: AnalyzeQuery,
  ranked: readonly RankedTheme[],
  caller: Caller,
  progress?: Progress,
): Promise<SummaryOutcome> {
  const themes = ranked.slice(0, query.maxThemes).map(({ theme }) => theme);
  const themeIds = themes.map(({ id }) => id);
  const missed = {
    status: query.mode === "no-store" ? "bypass" : "miss",
    ageSeconds: null,
  } as const;
  const nothing = { written: null, themeIds, cache: missed };
  if (themes.length === 0) return { ...nothing, attempts: [], reason: null };
  const { egress } = caller;
  const whole = deadlineOf(pipeline, caller);

  const gate: Gate = ({ source }) =>
    source === "gemini" && egress === "none" ? { reason: "egress" } : null;
  const { attempts, failures, answer } = await failover(
    pipeline.summarizers,
    pipeline.clock,
    gate,
    (summarizer) => {
      const { text, language } = query;
      const preferred = summarizer === pipeline.summarizers[0];
      const deadline = shareOf(whole, summarizer, pipeline.summarizers, gate);
      const visit = visitOf(caller, query, preferred, deadline);
      const readTook = (ms: number) => caller.spend?.("summary-cache", ms);
      const asked = { text, themes, language, ...(progress && { progress }) };
      return pipeline.summaryCache.summarize(summarizer, { ...visit, readTook, ...asked });
    },
  );
  const reason = failures[0]?.reason ?? null;
  if (answer === null) return { ...nothing, attempts, reason };
  const { text, model, cache } = answer.value;
  const { source, version } = answer.provider;
  return { written: { text, source, model, version }, themeIds, cache, attempts, reason };
}

/** The ranking that a summary is to be written around, with its evidence where that is asked for. */
export async function rankForSummary(
  pipeline: Pipeline,
  query: AnalyzeQuery,
  caller: Caller,
): Promise<Result<RankOutcome, RankFailure>> {
  const ranking = await rank(pipeline, query, caller);
  if (!ranking.ok || !query.evidence) return ranking;
  const themes = withEvidence(pipeline, query, ranking.value.themes);
  return ok({ ...ranking.value, themes });
}

/** The ranking, then the summary around its first themes. */
export async function analyze(
  pipeline: Pipeline,
  query: AnalyzeQuery,
  caller: Caller,
): Promise<Result<{ ranking: RankOutcome; summary: SummaryOutcome; usage: Bill }, RankFailure>> {
  const ranking = await rankForSummary(pipeline, query, caller);
  if (!ranking.ok) return ranking;
  const summary = await summarize(pipeline, query, ranking.value.themes, caller);
  return ok({ ranking: ranking.value, summary, usage: caller.calls.bill });
}

function withEvidence(
  pipeline: Pipeline,
  { text, maxThemes }: AnalyzeQuery,
  ranked: readonly RankedTheme[],
): RankedTheme[] {
  const spans = pipeline.evidence(
    text,
    ranked.slice(0, maxThemes).map(({ theme }) => theme),
  );
  return ranked.map((theme, index) => {
    const evidence = spans[index];
    return evidence === undefined ? theme : { ...theme, evidence };
  });
}

/** What a request brings when it asks a provider through a cache. */
function visitOf(
  { tenant, epoch = 0, defer, report }: Caller,
  { mode }: RankQuery,
  preferred: boolean,
  deadline: Deadline,
): Visit {
  return { tenant, epoch, mode, preferred, deadline, defer, report };
}

/** The caller's time, and its tenant's money. */
function deadlineOf({ clock, allowance }: Pipeline, caller: Caller): Deadline {
  const pay = async (budgetMs: number) => (await allowance?.take(caller.tenant, budgetMs)) ?? null;
  const { calls, left, startedMs, budgetMs } = caller;
  return createDeadline(clock, startedMs, budgetMs, { calls, pay, ...(left && { left }) });
}

/** Of what is left, what a provider may take while another one that needs time stands behind it. */
const shareBeforeOthers = 0.6;

/** A hanging provider must leave the next one enough to answer; the last one has all that is left. */
function shareOf<P extends { readonly source: string }>(
  whole: Deadline,
  provider: P,
  providers: readonly P[],
  gate: Gate,
): Deadline {
  const behind = providers.slice(providers.indexOf(provider) + 1);
  const needTime = behind.some((other) => !instant.has(other.source) && gate(other) === null);
  return needTime ? whole.part(shareBeforeOthers) : whole;
}
