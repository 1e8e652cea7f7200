// What the pipeline asks of the world. One contract test suite for each.
import type { CallLog, Upstream, UpstreamCall } from "./call-log.ts";
import type { RankerSource, Ranking, Scope, Summary, SummarizerSource, Theme } from "./domain.ts";
import type { Failure, Result, TimeLimit } from "./failure.ts";

/** Time, injected so that tests own it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
  /** A signal that aborts after `delayMs`: for what takes one. All else is cheaper with a timer. */
  timeoutSignal(delayMs: number): AbortSignal;
  /** Calls `ring` after `delayMs`, unless the function it returns is called before. */
  timer(delayMs: number, ring: () => void): () => void;
}

/** One stage's share of the request's deadline. */
export interface Stage {
  /** Aborts headers and body alike when the stage's time is over. */
  readonly signal: AbortSignal;
  readonly budgetMs: number;
  /** What set `budgetMs`: the stage's own cap or the caller's remaining budget; once the caller has left, that. */
  readonly limit: TimeLimit;
  /**
   * Makes one call to an upstream, or says why it may not be made: the request has had all its calls,
   * or its tenant may not pay for one more. Every call of an adapter goes through here.
   * @param make what it does; it notes in the call what was consumed as soon as that is known
   */
  call<T>(
    to: Upstream & { readonly paid: boolean },
    make: (call: UpstreamCall) => Promise<Result<T>>,
  ): Promise<Result<T>>;
}

/** What a tenant may still spend on calls that cost money. */
export interface Allowance {
  /** Takes one call, or says why there is none. Waits `budgetMs` at most; never throws. */
  take(tenant: string, budgetMs: number): Promise<Failure | null>;
}

/** The one deadline of a request. */
export interface Deadline {
  /** What the request has asked of upstreams so far. */
  readonly calls: CallLog;
  /** What is left for stages, >= 0. */
  spareMs(): number;
  /** An earlier deadline, after this fraction of what is left: the rest is for others. */
  part(fraction: number): Deadline;
  /** Fails with `deadline` when too little is left to be worth starting. */
  stage(capMs: number): Result<Stage>;
}

/** What keeps one tenant's texts apart from another's inside a provider. */
export interface Separated {
  /**
   * The same for all of a tenant's requests and for nobody else's, and tells nothing of the tenant.
   * A server that keeps prefixes of prompts keeps them under it: else the time of an answer told
   * whether another tenant had sent the text. Absent = one tenant alone.
   */
  readonly salt?: string;
}

export interface RankerRequest extends Separated {
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

export interface SummaryRequest extends Separated {
  readonly text: string;
  /** The themes to write around, most relevant first; at least one. */
  readonly themes: readonly Theme[];
  /** BCP 47 tag; null = the language of the text. */
  readonly language: string | null;
}

/** Hears what is written so far, clean and from its beginning, each time there is more of it. */
export type Progress = (soFar: string) => void;

/** Summarises a text around its chosen themes. */
export interface Summarizer {
  readonly source: SummarizerSource;
  readonly model: string;
  readonly version: string;
  /** @param progress for who wants to read along; what it heard counts for nothing before the end */
  summarize(
    request: SummaryRequest,
    deadline: Deadline,
    progress?: Progress,
  ): Promise<Result<Summary>>;
}

/** What may go wrong with a store of results; never more than an answer computed once too often. */
export type CacheFault = "get_failed" | "get_timeout" | "put_failed" | "put_timeout";

/** A key-value store that may fail, be behind the times, or hold what somebody else put there. */
export interface ResultCache {
  /**
   * null = nothing is there.
   * @param budgetMs what the request can spare; nothing is read with 0
   */
  get(key: string, budgetMs: number): Promise<Result<unknown, CacheFault>>;
  put(key: string, value: unknown, ttlSeconds: number): Promise<Result<null, CacheFault>>;
}

/** One asker's part in work that several may want at once. */
export interface SharedWork<T> {
  /** The asker's own deadline: another's work is waited for during a part of it. */
  readonly deadline: Deadline;
  readonly work: () => Promise<T>;
  /** Called by whoever works: keeps its context alive until the work is done. */
  readonly keepAlive: (landing: Promise<T>) => void;
  /** Whether the outcome of another's work serves this asker as well. */
  readonly isOfUse: (outcome: T) => boolean;
}

/** Joins those who want the same work while it is under way; remembers nothing after it. */
export interface SingleFlight<T> {
  /** @param name equal names mean equal work */
  share(
    name: string,
    request: SharedWork<T>,
  ): Promise<{ readonly value: T; readonly joined: boolean }>;
}
