// What must hold of every answer, whatever is broken behind the gateway.
import type { RankerSource } from "../../gateway/core/domain.ts";
import type { Ask } from "./load.ts";

/** What is read of an answer. */
export interface Answer {
  readonly themes: readonly {
    readonly id: string;
    readonly score: number;
    readonly rank: number;
  }[];
  readonly source: RankerSource;
  readonly degraded: boolean;
  readonly reason: string | null;
  readonly cache: { readonly status: string };
  readonly usage: {
    readonly cost_usd: number | null;
    readonly calls: readonly { readonly cost_usd: number | null }[];
  };
}

/** One request, with all that is known of it when its event line has come. */
export interface Case {
  readonly ask: Ask;
  /** null = the connection ended without an answer. */
  readonly status: number | null;
  /** null where the status is not 200. */
  readonly answer: Answer | null;
  /** The Worker's own, from its event line; null = there is none. */
  readonly durationMs: number | null;
  /** What the same line says of calls and their price; null = there is no line, or nothing was ranked. */
  readonly billed: { readonly calls: number; readonly costUsd: number | null } | null;
  /** How long the driver's own timer stood still meanwhile: the machine's doing, on all alike. */
  readonly stalledMs: number;
  /** Calls that the fakes saw for it. */
  readonly upstreamCalls: number;
  /** Rankers that nothing kept from answering all through the request. */
  readonly alive: readonly RankerSource[];
  /** The origin had scored all its themes before it was asked, and the cache had no fault since. */
  readonly knownToOrigin: boolean;
  /** The origin's own score of each theme id, 0 to 100. */
  readonly originScores: Readonly<Record<string, number>>;
}

/** @returns what is wrong, in words without user text; null when nothing is */
export type Invariant = (subject: Case) => string | null;

const maxUpstreamCalls = 6;
const lateMs = 200;
/** Scores have one decimal; the fakes' token probabilities are rounded. */
const scoreTolerance = 0.6;

const preferred = ({ sources }: Ask) =>
  (["origin", "gemini", "lexical"] as const).find((source) => sources.includes(source));

/** A request that accepts a living ranker is answered by somebody. */
export const answersWhileAlive: Invariant = ({ ask, status, alive }) => {
  if (status === 200) return null;
  // The load sends nothing that could be refused.
  if (status !== 503 && status !== 504) return `status ${status ?? "none"}`;
  const could = ask.sources.filter((source) => alive.includes(source));
  return could.length === 0 ? null : `status ${status} while ${could.join(", ")} was alive`;
};

export const answersInTime: Invariant = ({ ask, durationMs, stalledMs }) => {
  if (durationMs === null) return "no event line";
  return durationMs <= ask.timeoutMs + lateMs + stalledMs
    ? null
    : `${durationMs} ms of ${ask.timeoutMs} ms`;
};

/** All themes, or the first top_k of them, once each, in order, with a score from 0 to 100. */
export const ranksEveryThemeOnce: Invariant = ({ ask, answer }) => {
  if (answer === null) return null;
  const ids = answer.themes.map(({ id }) => id);
  const asked = new Set(ask.themes.map(({ id }) => id));
  const wanted = Math.min(ask.topK, asked.size);
  if (ids.length !== wanted) return `${ids.length} themes of ${wanted}`;
  if (new Set(ids).size !== ids.length) return "a theme twice";
  if (ids.some((id) => !asked.has(id))) return "a theme nobody asked for";
  if (answer.themes.some(({ score }) => !(score >= 0 && score <= 100)))
    return "a score out of range";
  const inOrder = answer.themes.every(
    ({ score, rank }, index) =>
      rank === index + 1 && score <= (answer.themes[index - 1]?.score ?? 100),
  );
  return inOrder ? null : "out of order";
};

/** Another ranker than the preferred one, or old scores: said so, and why; and never else. */
export const labelsDegraded: Invariant = ({ ask, answer }) => {
  if (answer === null) return null;
  const { source, degraded, reason, cache } = answer;
  if (!ask.sources.includes(source)) return `answered by ${source}, which was not accepted`;
  const is = source !== preferred(ask) || cache.status === "stale";
  if (degraded !== is) return `degraded ${degraded} by ${source}, cache ${cache.status}`;
  if (degraded !== (reason !== null)) return `degraded ${degraded} with reason ${reason}`;
  return null;
};

/** The receipt is the sum of its calls, and the event says the same. */
export const billAddsUp: Invariant = ({ answer, billed, upstreamCalls }) => {
  if (answer === null) return null;
  const { calls, cost_usd: costUsd } = answer.usage;
  const sum = calls.reduce((total, call) => total + (call.cost_usd ?? Number.NaN), 0);
  const isSum = costUsd === null ? Number.isNaN(sum) : Math.abs(costUsd - sum) < 1e-9;
  if (!isSum) return `a receipt of ${costUsd} for calls of ${sum}`;
  // Refused connections are calls, and the fakes have not seen them: no bound from below.
  if (upstreamCalls > 0 && calls.length === 0 && billed?.calls === 0)
    return "calls that nobody billed";
  if (billed === null) return "no bill in the event";
  const told = billed.calls === calls.length && (billed.costUsd === null) === (costUsd === null);
  return told && Math.abs((billed.costUsd ?? 0) - (costUsd ?? 0)) < 1e-9
    ? null
    : `a receipt of ${calls.length} calls, ${costUsd}, and an event of ${billed.calls}, ${billed.costUsd}`;
};

export const asksFewTimes: Invariant = ({ upstreamCalls }) =>
  upstreamCalls <= maxUpstreamCalls ? null : `${upstreamCalls} upstream calls`;

/** What the origin scored stays the origin's: it is served, and with the origin's own scores. */
export const keepsGoodOverDegraded: Invariant = ({ ask, answer, knownToOrigin, originScores }) => {
  if (answer === null) return null;
  const mayServe = knownToOrigin && ask.cache === "default" && preferred(ask) === "origin";
  if (mayServe && (answer.source !== "origin" || answer.degraded))
    return `${answer.source}, degraded ${answer.degraded}, over the origin's fresh scores`;
  if (answer.source !== "origin") return null;
  const foreign = answer.themes.filter(
    ({ id, score }) => Math.abs(score - (originScores[id] ?? Number.NaN)) > scoreTolerance,
  );
  return foreign.length === 0 ? null : `${foreign.length} scores that are not the origin's`;
};

export const invariants: Readonly<Record<string, Invariant>> = {
  "never 5xx while a ranker is alive": answersWhileAlive,
  "never later than deadline + 200 ms": answersInTime,
  "every theme exactly once": ranksEveryThemeOnce,
  "degraded is labelled": labelsDegraded,
  "upstream calls <= 6": asksFewTimes,
  "receipts and events add up": billAddsUp,
  "no degraded answer cached over a good one": keepsGoodOverDegraded,
};
