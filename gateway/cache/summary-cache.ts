// Written summaries by text, chosen themes, language, model and prompt version.
import { noUsage, type Summary } from "../core/domain.ts";
import { fail, ok, ranOutOfTime, type Failure, type Result } from "../core/failure.ts";
import type { SummaryCacheReport } from "../core/outcome.ts";
import type {
  Clock,
  Progress,
  ResultCache,
  SingleFlight,
  Summarizer,
  SummaryRequest,
} from "../core/ports.ts";
import { BlockedAnswers } from "./blocked.ts";
import { EntryStore } from "./entry-store.ts";
import {
  arePossibleTimes,
  fallbackLifetime,
  isFromTheFuture,
  preferredLifetime,
  timesOf,
} from "./freshness.ts";
import type { KeyMaker } from "./key.ts";
import type { Visit } from "./visit.ts";

export interface CachedSummary extends Summary {
  readonly cache: SummaryCacheReport;
  readonly asked: boolean;
  /** Summaries are never served stale. */
  readonly insteadOf?: Failure;
}

/** `progress` hears what a summarizer writes for this request; a known or a shared summary comes whole. */
export type SummarizeThroughRequest = Visit & SummaryRequest & { readonly progress?: Progress };

interface StoredSummary {
  readonly tenant: string;
  readonly text: string;
  readonly model: string;
  /** When it was asked for and until when it is fresh, epoch ms. */
  readonly at: number;
  readonly until: number;
  /** What it cost, US dollars, where that was known. */
  readonly costUsd?: number;
}

/** What a summarizer answered, as those who follow its request need it. */
type Written = Result<{ readonly usage: Summary["usage"]; readonly entry: StoredSummary }>;
export type SummaryFlights = SingleFlight<Written>;

/**
 * Asks the summarizer only when no fresh summary is known, once for all who ask the same at the same
 * time. Extracts are cheap and never stored.
 */
export class SummaryCache {
  readonly #entries: EntryStore<StoredSummary>;
  readonly #blocked: BlockedAnswers;
  readonly #keys: KeyMaker;
  readonly #clock: Clock;
  readonly #flights: SummaryFlights;

  /** @param kv null = nothing is kept */
  constructor(kv: ResultCache | null, keys: KeyMaker, clock: Clock, flights: SummaryFlights) {
    this.#entries = new EntryStore(kv, clock, isStoredSummary);
    this.#blocked = new BlockedAnswers(kv, keys, clock);
    this.#keys = keys;
    this.#clock = clock;
    this.#flights = flights;
  }

  async summarize(
    summarizer: Summarizer,
    request: SummarizeThroughRequest,
  ): Promise<Result<CachedSummary>> {
    const { text, themes, language, mode, deadline, progress } = request;
    const status = mode === "no-store" ? "bypass" : "miss";
    if (summarizer.source === "extractive" || mode === "no-store") {
      const salt = await this.#keys.salt(request.tenant);
      const asked = { text, themes, language, salt };
      const summary = await summarizer.summarize(asked, deadline, progress);
      if (!summary.ok) return summary;
      return ok({ ...summary.value, asked: true, cache: { status, ageSeconds: null } });
    }

    const key = await this.#key(summarizer, request);
    const blocked = this.#blocked.lookup(key, summarizer.source, request);
    const known = mode === "refresh" ? null : await this.#known(key, request, blocked.begin);
    if (known !== null) {
      deadline.calls.save(known.costUsd ?? null);
      const ageSeconds = Math.max(0, Math.floor((this.#clock.nowMs() - known.at) / 1_000));
      const cache = { status: "hit", ageSeconds } as const;
      return ok({ text: known.text, model: known.model, usage: noUsage, asked: false, cache });
    }

    const blockedFailure = await blocked.failure();
    if (blockedFailure !== null) return fail(blockedFailure);
    const answer = await this.#ask(summarizer, key, request);
    if (!answer.value.ok) return answer.value;
    const { entry, usage } = answer.value.value;
    if (answer.joined) deadline.calls.save(entry.costUsd ?? null);
    return ok({
      text: entry.text,
      model: entry.model,
      usage: answer.joined ? noUsage : usage,
      asked: true,
      cache: { status, ageSeconds: null },
    });
  }

  #key(
    { source, model, version }: Summarizer,
    { tenant, epoch, text, themes, language }: SummarizeThroughRequest,
  ): Promise<string> {
    const wordings = themes.map(({ label, description }) => [label, description]);
    const parts = [tenant, epoch, text, wordings, language, source, model, version];
    return this.#keys.entry("summary", parts);
  }

  /** @param beside called when KV is about to be read, for what is to be read at the same time */
  async #known(
    key: string,
    { tenant, deadline, readTook, report }: SummarizeThroughRequest,
    beside: () => void,
  ): Promise<StoredSummary | null> {
    const recent = this.#entries.peek(key, tenant);
    if (recent !== null && isFresh(recent, this.#clock.nowMs())) {
      readTook?.(0);
      return recent;
    }
    beside();
    const read = await this.#entries.read(key, tenant, deadline.spareMs(), readTook);
    if (!read.ok) report(read.failure);
    if (!read.ok || read.value === null || !isFresh(read.value, this.#clock.nowMs())) return null;
    this.#entries.remember(key, read.value);
    return read.value;
  }

  async #ask(
    summarizer: Summarizer,
    key: string,
    request: SummarizeThroughRequest,
  ): Promise<{ readonly value: Written; readonly joined: boolean }> {
    const { mode, deadline, defer } = request;
    return this.#flights.share(`${mode} ${key}`, {
      deadline,
      work: () => this.#call(summarizer, key, request),
      isOfUse: (written) => written.ok || !ranOutOfTime(written.failure),
      keepAlive: (landing) => defer(landing.then((written) => this.#keep(key, written, request))),
    });
  }

  async #call(
    summarizer: Summarizer,
    key: string,
    { tenant, text, themes, language, preferred, deadline, progress }: SummarizeThroughRequest,
  ): Promise<Written> {
    const at = this.#clock.nowMs();
    const { until } = timesOf(preferred ? preferredLifetime : fallbackLifetime, at, key);
    const salt = await this.#keys.salt(tenant);
    const callsBefore = deadline.calls.calls.length;
    const asked = { text, themes, language, salt };
    const summary = await summarizer.summarize(asked, deadline, progress);
    if (!summary.ok) return summary;
    const { model, usage } = summary.value;
    const costUsd = deadline.calls.costSince(callsBefore);
    const entry = { tenant, text: summary.value.text, model, at, until };
    return ok({ usage, entry: costUsd === null ? entry : { ...entry, costUsd } });
  }

  async #keep(key: string, written: Written, request: SummarizeThroughRequest): Promise<void> {
    if (!written.ok) {
      if (written.failure.reason === "gemini_blocked") await this.#blocked.add(key, request);
      return;
    }
    const { entry } = written.value;
    const put = await this.#entries.write(key, entry, (entry.until - this.#clock.nowMs()) / 1_000);
    if (!put.ok) request.report(put.failure);
  }
}

function isFresh({ at, until }: StoredSummary, nowMs: number): boolean {
  return !isFromTheFuture(at, nowMs) && nowMs < until;
}

function isStoredSummary(value: unknown): value is StoredSummary {
  if (typeof value !== "object" || value === null) return false;
  const { tenant, text, model, at, until, costUsd = 0 } = value as Record<string, unknown>;
  return (
    typeof costUsd === "number" &&
    costUsd >= 0 &&
    typeof tenant === "string" &&
    typeof text === "string" &&
    typeof model === "string" &&
    arePossibleTimes(at, until, until)
  );
}
