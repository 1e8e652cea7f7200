// What became of a request: the ranking, the summary, and every try on the way.
import type { Bill } from "./call-log.ts";
import type { RankerSource, Span, SummarizerSource, Theme } from "./domain.ts";
import type { Failure, Reason } from "./failure.ts";

/** How a caller wants the cache used: read and written; written only; neither. */
export const cacheModes = ["default", "refresh", "no-store"] as const;
export type CacheMode = (typeof cacheModes)[number];

/** What the cache did for one ranking, in themes. */
export interface CacheReport {
  /** `stale`: all known, not all fresh, and the ranker could not be asked or failed. */
  readonly status: "hit" | "partial" | "miss" | "stale" | "bypass";
  readonly known: number;
  readonly ranked: number;
  /** Age of the oldest score served, in whole seconds; null when none was. */
  readonly ageSeconds: number | null;
  /** Of a hit or stale scores: how long they stay fresh, whole seconds; negative when they are not. */
  readonly ttlSeconds?: number;
  /** The scores came from the call of an identical request that was under way. */
  readonly collapsed?: true;
}

/** What the cache did for one summary. */
export interface SummaryCacheReport {
  readonly status: "hit" | "miss" | "bypass";
  readonly ageSeconds: number | null;
}

/** One provider asked, or passed over. */
export interface Attempt<Source extends string> {
  readonly source: Source;
  readonly outcome: "ok" | "failed" | "skipped";
  readonly reason: Reason | null;
  readonly durationMs: number;
}

export interface RankedTheme {
  readonly theme: Theme;
  /** 0-100, one decimal; the order is that of the unrounded scores. */
  readonly score: number;
  /** 1 = most relevant. */
  readonly rank: number;
  readonly confidence: number | null;
  readonly evidence?: readonly Span[];
}

export interface RankOutcome {
  readonly themes: readonly RankedTheme[];
  /** Every theme's score in the order of the request, whatever is returned. */
  readonly scores: readonly number[];
  readonly source: RankerSource;
  readonly model: string;
  /** The ranker's: prompt, layout and dialect. */
  readonly version?: string;
  /** Why the first choice did not answer; null when it did. */
  readonly reason: Reason | null;
  readonly cache: CacheReport;
  readonly attempts: readonly Attempt<RankerSource>[];
  readonly usage: Bill;
}

/** All accepted rankers failed; in the order they were tried. */
export interface RankFailure {
  readonly attempts: readonly Attempt<RankerSource>[];
  readonly usage: Bill;
  readonly failures: readonly Failure[];
}

export interface SummaryOutcome {
  /** null when no summarizer answered. */
  readonly written: {
    readonly text: string;
    readonly source: SummarizerSource;
    readonly model: string;
    readonly version?: string;
  } | null;
  readonly themeIds: readonly string[];
  readonly cache: SummaryCacheReport;
  readonly attempts: readonly Attempt<SummarizerSource>[];
  readonly reason: Reason | null;
}
