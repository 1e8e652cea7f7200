// Scores per (text, theme): what is known is served, only what is new is ranked.
import { noUsage, type Ranking, type Theme } from "../core/domain.ts";
import { ok, type Result } from "../core/failure.ts";
import type { CacheMode, CacheReport } from "../core/outcome.ts";
import type { Clock, Deadline, Ranker, ResultCache } from "../core/ports.ts";
import { fallbackLifetime, preferredLifetime } from "./freshness.ts";
import type { CacheKeys } from "./key.ts";
import {
  ageSeconds,
  fresh,
  freshUntil,
  isStoredScores,
  merge,
  toThemeScore,
  type StoredScore,
  type StoredScores,
} from "./stored-scores.ts";

export interface CachedRanking extends Ranking {
  readonly cache: CacheReport;
  /** Whether the ranker itself was asked. */
  readonly asked: boolean;
}

export interface RankThroughRequest {
  readonly tenant: string;
  readonly text: string;
  readonly themes: readonly Theme[];
  readonly mode: CacheMode;
  /** Whether the ranker is the one this caller would have first. */
  readonly preferred: boolean;
  readonly deadline: Deadline;
  /** Runs work after the answer is sent. */
  readonly defer: (work: Promise<void>) => void;
}

/** A write happens after the answer, when no request waits for it. */
const deferredReadMs = 2_000;

/**
 * Asks `ranker` for those themes only whose fresh scores are not known, each wording once. Scores of
 * scope `set` are kept under the hash of the theme set as well, so that they are known all together
 * or not at all. Lexical scores cost less than a read and are never stored.
 */
export class ThemeCache {
  readonly #store: ResultCache;
  readonly #keys: CacheKeys;
  readonly #clock: Clock;

  constructor(store: ResultCache, keys: CacheKeys, clock: Clock) {
    this.#store = store;
    this.#keys = keys;
    this.#clock = clock;
  }

  async rank(ranker: Ranker, request: RankThroughRequest): Promise<Result<CachedRanking>> {
    const { tenant, text, themes, mode, deadline } = request;
    if (ranker.source === "lexical" || mode === "no-store") {
      const ranking = await ranker.rank({ text, themes }, deadline);
      if (!ranking.ok) return ranking;
      const status = mode === "no-store" ? "bypass" : "miss";
      const cache = { status, known: 0, ranked: themes.length, ageSeconds: null } as const;
      return ok({ ...ranking.value, asked: true, cache });
    }

    const hashes = await Promise.all(themes.map((theme) => this.#keys.theme(theme)));
    const wordings = new Map(themes.map((theme, index) => [hashes[index] ?? "", theme]));
    const key = await this.#entryKey(ranker, request, [...wordings.keys()]);
    const nowMs = this.#clock.nowMs();
    const entry = mode === "refresh" ? null : await this.#read(key, tenant, deadline.spareMs());
    const scores = new Map<string, StoredScore>();
    for (const hash of wordings.keys()) {
      const score = fresh(entry?.themes[hash], nowMs);
      if (score !== null) scores.set(hash, score);
    }
    if (ranker.scope === "set" && scores.size < wordings.size) scores.clear();
    const known = hashes.filter((hash) => scores.has(hash)).length;
    const report = {
      known,
      ranked: themes.length - known,
      ageSeconds: ageSeconds([...scores.values()], nowMs),
    };
    const inOrder = () =>
      hashes.map((hash) => scores.get(hash)).filter((score) => score !== undefined);

    if (entry !== null && scores.size === wordings.size) {
      return ok({
        scores: inOrder().map(toThemeScore),
        model: entry.model,
        usage: noUsage,
        asked: false,
        cache: { status: "hit", ...report },
      });
    }

    const missing = [...wordings].filter(([hash]) => !scores.has(hash));
    const asked = missing.map(([, theme]) => theme);
    const ranking = await ranker.rank({ text, themes: asked }, deadline);
    if (!ranking.ok) return ranking;
    const { model, usage } = ranking.value;

    const { freshSeconds, keepSeconds } = request.preferred ? preferredLifetime : fallbackLifetime;
    const at = this.#clock.nowMs();
    const until = at + freshSeconds * 1_000;
    const added: Record<string, StoredScore> = {};
    for (const [index, { value, confidence }] of ranking.value.scores.entries()) {
      const hash = missing[index]?.[0] ?? "";
      added[hash] = [value, confidence, at, until];
      scores.set(hash, added[hash]);
    }
    request.defer(this.#add(key, { tenant, model, themes: added }, keepSeconds));
    return ok({
      scores: inOrder().map(toThemeScore),
      model,
      usage,
      asked: true,
      cache: { status: known === 0 ? "miss" : "partial", ...report },
    });
  }

  async #entryKey(
    ranker: Ranker,
    { tenant, text }: RankThroughRequest,
    hashes: readonly string[],
  ): Promise<string> {
    const { source, model, version, scope } = ranker;
    const set = scope === "set" ? hashes.toSorted() : null;
    return this.#keys.entry("scores", [tenant, text, source, model, version, set]);
  }

  async #read(key: string, tenant: string, budgetMs: number): Promise<StoredScores | null> {
    const value = await this.#store.get(key, budgetMs);
    return isStoredScores(value) && value.tenant === tenant ? value : null;
  }

  async #add(key: string, added: StoredScores, keepSeconds: number): Promise<void> {
    // Read again: another request may have written since, and its themes must stay.
    const entry = await this.#read(key, added.tenant, deferredReadMs);
    const nowMs = this.#clock.nowMs();
    const merged = merge(entry, added, nowMs);
    // A short-lived score must not take a long-lived one along.
    const ttlSeconds = Math.max(keepSeconds, (freshUntil(merged) - nowMs) / 1_000);
    await this.#store.put(key, merged, ttlSeconds);
  }
}
