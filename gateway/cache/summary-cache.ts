// Written summaries by text, chosen themes, language, model and prompt version.
import { noUsage, type Summary } from "../core/domain.ts";
import { ok, type Result } from "../core/failure.ts";
import type { SummaryCacheReport } from "../core/outcome.ts";
import type { Clock, ResultCache, Summarizer, SummaryRequest } from "../core/ports.ts";
import { fallbackLifetime, preferredLifetime } from "./freshness.ts";
import type { CacheKeys } from "./key.ts";
import { isFromTheFuture } from "./stored-scores.ts";
import type { RankThroughRequest } from "./theme-cache.ts";

export interface CachedSummary extends Summary {
  readonly cache: SummaryCacheReport;
  readonly asked: boolean;
}

export type SummarizeThroughRequest = SummaryRequest &
  Pick<RankThroughRequest, "tenant" | "mode" | "preferred" | "deadline" | "defer">;

interface StoredSummary {
  readonly tenant: string;
  readonly text: string;
  readonly model: string;
  /** Epoch ms. */
  readonly at: number;
  readonly until: number;
}

/** Asks the summarizer only when no fresh summary is known. Extracts are cheap and never stored. */
export class SummaryCache {
  readonly #store: ResultCache;
  readonly #keys: CacheKeys;
  readonly #clock: Clock;

  constructor(store: ResultCache, keys: CacheKeys, clock: Clock) {
    this.#store = store;
    this.#keys = keys;
    this.#clock = clock;
  }

  async summarize(
    summarizer: Summarizer,
    request: SummarizeThroughRequest,
  ): Promise<Result<CachedSummary>> {
    const { tenant, text, themes, language, mode, deadline } = request;
    const stored = summarizer.source !== "extractive" && mode !== "no-store";
    const status = mode === "no-store" ? "bypass" : "miss";
    if (!stored) {
      const summary = await summarizer.summarize({ text, themes, language }, deadline);
      if (!summary.ok) return summary;
      return ok({ ...summary.value, asked: true, cache: { status, ageSeconds: null } });
    }

    const key = await this.#keys.entry("summary", [
      tenant,
      text,
      themes.map(({ label, description }) => [label, description]),
      language,
      summarizer.source,
      summarizer.model,
      summarizer.version,
    ]);
    const nowMs = this.#clock.nowMs();
    const entry = mode === "refresh" ? null : await this.#store.get(key, deadline.spareMs());
    if (isStoredSummary(entry) && entry.tenant === tenant && isFresh(entry, nowMs)) {
      const ageSeconds = Math.max(0, Math.floor((nowMs - entry.at) / 1_000));
      const { text: written, model } = entry;
      const cache = { status: "hit", ageSeconds } as const;
      return ok({ text: written, model, usage: noUsage, asked: false, cache });
    }

    const summary = await summarizer.summarize({ text, themes, language }, deadline);
    if (!summary.ok) return summary;
    const at = this.#clock.nowMs();
    const { freshSeconds } = request.preferred ? preferredLifetime : fallbackLifetime;
    const value: StoredSummary = {
      tenant,
      text: summary.value.text,
      model: summary.value.model,
      at,
      until: at + freshSeconds * 1_000,
    };
    request.defer(this.#store.put(key, value, freshSeconds));
    return ok({ ...summary.value, asked: true, cache: { status, ageSeconds: null } });
  }
}

function isFresh({ at, until }: StoredSummary, nowMs: number): boolean {
  return !isFromTheFuture(at, nowMs) && nowMs < until;
}

function isStoredSummary(value: unknown): value is StoredSummary {
  if (typeof value !== "object" || value === null) return false;
  const { tenant, text, model, at, until } = value as Record<string, unknown>;
  return (
    typeof tenant === "string" &&
    typeof text === "string" &&
    typeof model === "string" &&
    Number.isFinite(at) &&
    Number.isFinite(until)
  );
}
