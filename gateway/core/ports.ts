// What the pipeline asks of the world. One contract test suite for each.
import type { RankerSource, Ranking, Scope, Summary, SummarizerSource, Theme } from "./domain.ts";
import type { Failure, Result, TimeLimit } from "./failure.ts";

/** Time, injected so that tests own it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
  /** A signal that aborts after `delayMs`. */
  timeoutSignal(delayMs: number): AbortSignal;
}

/** One stage's share of the request's deadline. */
export interface Stage {
  /** Aborts headers and body alike when the stage's time is over. */
  readonly signal: AbortSignal;
  readonly budgetMs: number;
  /** What set `budgetMs`: the stage's own cap or the caller's remaining budget. */
  readonly limit: TimeLimit;
  /** Asked before every call that costs money: null takes one such call, a failure forbids it. */
  pay(): Promise<Failure | null>;
}

/** What a tenant may still spend on calls that cost money. */
export interface Allowance {
  /** Takes one call, or says why there is none. Waits `budgetMs` at most; never throws. */
  take(tenant: string, budgetMs: number): Promise<Failure | null>;
}

/** The one deadline of a request. */
export interface Deadline {
  /** What is left for stages, >= 0. */
  spareMs(): number;
  /** An earlier deadline, after this fraction of what is left: the rest is for others. */
  part(fraction: number): Deadline;
  /** Fails with `deadline` when too little is left to be worth starting. */
  stage(capMs: number): Result<Stage>;
}

export interface RankerRequest {
  readonly text: string;
  readonly themes: readonly Theme[];
}

/** Scores every theme of a request, or fails as a whole. */
export interface Ranker {
  readonly source: RankerSource;
  /** What runs, as told to clients before it has answered. */
  readonly model: string;
  readonly scope: Scope;
  /** Names all that changes a score besides text, theme and model: prompt version, layout, dialect. */
  readonly version: string;
  rank(request: RankerRequest, deadline: Deadline): Promise<Result<Ranking>>;
}

export interface SummaryRequest {
  readonly text: string;
  /** The themes to write around, most relevant first; at least one. */
  readonly themes: readonly Theme[];
  /** BCP 47 tag; null = the language of the text. */
  readonly language: string | null;
}

/** Summarises a text around its chosen themes. */
export interface Summarizer {
  readonly source: SummarizerSource;
  readonly model: string;
  readonly version: string;
  summarize(request: SummaryRequest, deadline: Deadline): Promise<Result<Summary>>;
}

/** A key-value store that may fail: reads answer null then, writes are lost. */
export interface ResultCache {
  /** @param budgetMs what the request can spare; nothing is read with 0 */
  get(key: string, budgetMs: number): Promise<unknown>;
  put(key: string, value: unknown, ttlSeconds: number): Promise<void>;
}
