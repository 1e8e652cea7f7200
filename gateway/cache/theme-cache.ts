// Scores per (text, theme): what is known is served, only what is new is ranked.
import { noUsage, type Ranking, type Theme, type ThemeScore } from "../core/domain.ts";
import { ok, type Result } from "../core/failure.ts";
import type { CacheMode, CacheReport } from "../core/outcome.ts";
import type { Clock, Deadline, Ranker, ResultCache } from "../core/ports.ts";
import { fallbackLifetime, preferredLifetime } from "./freshness.ts";
import type { CacheKeys } from "./key.ts";

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

/** One theme's score as stored: value, confidence, time of ranking, end of freshness (epoch ms). */
type StoredScore = readonly [value: number, confidence: number | null, at: number, until: number];

/** One entry: the scores of one text by one ranker, under the hash of each theme. */
interface StoredScores {
  readonly tenant: string;
  readonly model: string;
  readonly themes: Readonly<Record<string, StoredScore>>;
}

/** Scores an entry holds at most; the oldest go first. */
const maxThemesPerEntry = 500;

/**
 * Asks `ranker` for those themes only whose fresh scores are not known. Scores of scope `set` are
 * kept under the hash of the theme set as well, so that they are known all together or not at all.
 * Lexical scores cost less than a read and are never stored.
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
    const { text, themes, mode, deadline } = request;
    if (ranker.source === "lexical" || mode === "no-store") {
      const ranking = await ranker.rank({ text, themes }, deadline);
      if (!ranking.ok) return ranking;
      const status = mode === "no-store" ? "bypass" : "miss";
      return ok(answer(ranking.value, ranking.value.scores, { status, known: 0 }, null));
    }

    const hashes = await Promise.all(themes.map((theme) => this.#keys.theme(theme)));
    const key = await this.#entryKey(ranker, request, hashes);
    const nowMs = this.#clock.nowMs();
    const entry = mode === "refresh" ? null : await this.#read(key, request.tenant);
    const known = hashes.map((hash) => fresh(entry?.themes[hash], nowMs));
    const missing = themes.filter((_, index) => known[index] === null);
    const partial = ranker.scope === "pair" && missing.length < themes.length;

    if (missing.length === 0 && entry !== null) {
      const served = known.filter((score) => score !== null);
      return ok({
        scores: served.map(toThemeScore),
        model: entry.model,
        usage: noUsage,
        asked: false,
        cache: { status: "hit", known: themes.length, ranked: 0, ageSeconds: age(served, nowMs) },
      });
    }

    const asked = partial ? missing : themes;
    const ranking = await ranker.rank({ text, themes: asked }, deadline);
    if (!ranking.ok) return ranking;

    const atMs = this.#clock.nowMs();
    const lifetime = request.preferred ? preferredLifetime : fallbackLifetime;
    const fetched = ranking.value.scores.map(({ value, confidence }): StoredScore => [
      value,
      confidence,
      atMs,
      atMs + lifetime.freshSeconds * 1_000,
    ]);
    const next = fetched.values();
    const all = known.map((score) => (partial && score !== null ? score : next.next().value));
    const scores = all.filter((score) => score !== undefined);
    const served = partial ? known.filter((score) => score !== null) : [];

    request.defer(
      this.#merge(key, request.tenant, ranking.value.model, hashes, scores, lifetime.keepSeconds),
    );
    return ok(
      answer(
        ranking.value,
        scores.map(toThemeScore),
        { status: partial ? "partial" : "miss", known: served.length },
        age(served, nowMs),
      ),
    );
  }

  async #entryKey(
    ranker: Ranker,
    { tenant, text }: RankThroughRequest,
    hashes: readonly string[],
  ): Promise<string> {
    const set = ranker.scope === "set" ? hashes.toSorted() : null;
    return this.#keys.entry("scores", [
      tenant,
      text,
      ranker.source,
      ranker.model,
      ranker.version,
      set,
    ]);
  }

  async #read(key: string, tenant: string): Promise<StoredScores | null> {
    const value = await this.#store.get(key);
    return isStoredScores(value) && value.tenant === tenant ? value : null;
  }

  async #merge(
    key: string,
    tenant: string,
    model: string,
    hashes: readonly string[],
    scores: readonly StoredScore[],
    keepSeconds: number,
  ): Promise<void> {
    // Read again: another request may have written since, and its themes must stay.
    const entry = await this.#read(key, tenant);
    const nowMs = this.#clock.nowMs();
    const themes = new Map<string, StoredScore>();
    for (const [hash, score] of Object.entries(entry?.model === model ? entry.themes : {})) {
      if (!isFromTheFuture(score, nowMs)) themes.set(hash, score);
    }
    for (const [index, hash] of hashes.entries()) {
      const score = scores[index];
      if (score !== undefined && (themes.get(hash)?.[2] ?? 0) <= score[2]) themes.set(hash, score);
    }
    const newest = [...themes].toSorted(([, a], [, b]) => b[2] - a[2]).slice(0, maxThemesPerEntry);
    // A short-lived score must not take a long-lived one along.
    const freshMs = Math.max(...newest.map(([, [, , , until]]) => until - nowMs));
    const merged: StoredScores = { tenant, model, themes: Object.fromEntries(newest) };
    await this.#store.put(key, merged, Math.max(keepSeconds, freshMs / 1_000));
  }
}

function answer(
  ranking: Ranking,
  scores: readonly ThemeScore[],
  { status, known }: { status: CacheReport["status"]; known: number },
  ageSeconds: number | null,
): CachedRanking {
  const cache = { status, known, ranked: scores.length - known, ageSeconds };
  return { scores, model: ranking.model, usage: ranking.usage, asked: true, cache };
}

function fresh(score: StoredScore | undefined, nowMs: number): StoredScore | null {
  return score !== undefined && !isFromTheFuture(score, nowMs) && nowMs < score[3] ? score : null;
}

/** Forged, or written by a clock that is off: it would be the newest for ever. */
function isFromTheFuture([, , at]: StoredScore, nowMs: number): boolean {
  return at > nowMs + 60_000;
}

function age(scores: readonly StoredScore[], nowMs: number): number | null {
  if (scores.length === 0) return null;
  const oldestMs = Math.min(...scores.map(([, , at]) => at));
  return Math.max(0, Math.floor((nowMs - oldestMs) / 1_000));
}

function toThemeScore([value, confidence]: StoredScore): ThemeScore {
  return { value, confidence };
}

function isStoredScores(value: unknown): value is StoredScores {
  return (
    isRecord(value) &&
    typeof value["tenant"] === "string" &&
    typeof value["model"] === "string" &&
    isRecord(value["themes"]) &&
    Object.values(value["themes"]).every(isStoredScore)
  );
}

function isStoredScore(value: unknown): value is StoredScore {
  if (!Array.isArray(value) || value.length !== 4) return false;
  const [score, confidence, at, until]: unknown[] = value;
  return (
    inRange(score, 0, 100) &&
    (confidence === null || inRange(confidence, 0, 1)) &&
    Number.isFinite(at) &&
    Number.isFinite(until)
  );
}

function inRange(value: unknown, low: number, high: number): boolean {
  return typeof value === "number" && value >= low && value <= high;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
