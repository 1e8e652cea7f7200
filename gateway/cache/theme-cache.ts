// Scores per (text, theme): what is known is served, only what is new is ranked.
import { noUsage, type Ranking, type Theme } from "../core/domain.ts";
import { fail, ok, ranOutOfTime, type Failure, type Result } from "../core/failure.ts";
import type { CacheReport } from "../core/outcome.ts";
import type { Clock, Ranker, RankerRequest, ResultCache, SingleFlight } from "../core/ports.ts";
import { BlockedAnswers } from "./blocked.ts";
import { EntryStore } from "./entry-store.ts";
import { fallbackLifetime, preferredLifetime, timesOf } from "./freshness.ts";
import type { KeyMaker } from "./key.ts";
import {
  ageSeconds,
  isFresh,
  isStoredScores,
  isUsable,
  merge,
  toThemeScore,
  ttlSeconds,
  usableUntil,
  type StoredScore,
  type StoredScores,
} from "./stored-scores.ts";
import { deferredReadMs, type Visit } from "./visit.ts";

export interface CachedRanking extends Ranking {
  readonly cache: CacheReport;
  /** Whether the ranker itself was asked. */
  readonly asked: boolean;
  /** Why the ranker did not give these scores now, when they are stale. */
  readonly insteadOf?: Failure;
}

export type RankThroughRequest = Visit & RankerRequest;

/** What a ranker answered to one request, as those who follow it need it. */
type Ranked = Result<{ readonly usage: Ranking["usage"]; readonly scores: StoredScores }>;
export type RankFlights = SingleFlight<Ranked>;

/** A ranking as the cache sees it. */
interface Question {
  readonly key: string;
  /** One a theme, in the order of the request. */
  readonly hashes: readonly string[];
  /** Each wording once. */
  readonly wordings: ReadonlyMap<string, Theme>;
}

/** What is known of a text; `isWhole`: KV was read, so that what is not here is nowhere. */
interface Known {
  readonly entry: StoredScores | null;
  readonly isWhole: boolean;
}

/**
 * Asks `ranker` for those themes only whose fresh scores are not known, each wording once, and only
 * once for all who ask the same at the same time. Scores of scope `set` are kept under the hash of
 * the theme set as well, so that they are known all together or not at all. Stale scores stand in
 * for a ranker that cannot be asked or fails, never for one that is well (decision 10). Lexical
 * scores cost less than a read and are never stored.
 */
export class ThemeCache {
  readonly #entries: EntryStore<StoredScores>;
  readonly #blocked: BlockedAnswers;
  readonly #keys: KeyMaker;
  readonly #clock: Clock;
  readonly #flights: RankFlights;

  /** @param kv null = nothing is kept */
  constructor(kv: ResultCache | null, keys: KeyMaker, clock: Clock, flights: RankFlights) {
    this.#entries = new EntryStore(kv, clock, isStoredScores);
    this.#blocked = new BlockedAnswers(kv, keys, clock);
    this.#keys = keys;
    this.#clock = clock;
    this.#flights = flights;
  }

  async rank(ranker: Ranker, request: RankThroughRequest): Promise<Result<CachedRanking>> {
    if (ranker.source === "lexical" || request.mode === "no-store")
      return rankUncached(ranker, request);
    const question = await this.#question(ranker, request);
    const { hashes, wordings } = question;
    const { entry, isWhole } = await this.#known(ranker, question, request);
    const fresh = this.#select(ranker, question, entry, isFresh);
    if (entry !== null && fresh.size === wordings.size) {
      return ok(this.#serve("hit", question, { ...entry, themes: Object.fromEntries(fresh) }));
    }

    const missing = [...wordings].filter(([hash]) => !fresh.has(hash));
    const answer = await this.#ask(ranker, question, missing, request, { entry, isWhole });
    if (!answer.value.ok) {
      const usable = this.#select(ranker, question, entry, isUsable);
      if (entry === null || usable.size < wordings.size) return answer.value;
      const insteadOf = answer.value.failure;
      const known = { ...entry, themes: Object.fromEntries(usable) };
      return ok({ ...this.#serve("stale", question, known), insteadOf });
    }

    const { scores, usage } = answer.value.value;
    // One answer is one model's: what another one scored is not mixed in, but asked for again.
    if (entry !== null && fresh.size > 0 && entry.model !== scores.model)
      return this.rank(ranker, { ...request, mode: "refresh" });
    const nowMs = this.#clock.nowMs();
    const known = hashes.filter((hash) => fresh.has(hash)).length;
    const all = hashes.map((hash) => scores.themes[hash] ?? fresh.get(hash));
    return ok({
      scores: all.filter((score) => score !== undefined).map(toThemeScore),
      model: scores.model,
      usage: answer.joined ? noUsage : usage,
      asked: true,
      cache: {
        status: known === 0 ? "miss" : "partial",
        known,
        ranked: hashes.length - known,
        ageSeconds: ageSeconds([...fresh.values()], nowMs),
        ...(answer.joined && { collapsed: true }),
      },
    });
  }

  async #question(ranker: Ranker, request: RankThroughRequest): Promise<Question> {
    const { tenant, epoch, text, themes } = request;
    const hashes = await Promise.all(themes.map((theme) => this.#keys.theme(theme)));
    const wordings = new Map(themes.map((theme, index) => [hashes[index] ?? "", theme]));
    const { source, model, version, scope } = ranker;
    const set = scope === "set" ? [...wordings.keys()].toSorted() : null;
    const parts = [tenant, epoch, text, source, model, version, set];
    return { key: await this.#keys.entry("scores", parts), hashes, wordings };
  }

  /** This isolate's memory where that is enough, else KV: one read. */
  async #known(ranker: Ranker, question: Question, request: RankThroughRequest): Promise<Known> {
    const { tenant, mode, deadline, report } = request;
    if (mode === "refresh") return { entry: null, isWhole: false };
    const { key, wordings } = question;
    const recent = this.#entries.peek(key, tenant);
    if (this.#select(ranker, question, recent, isFresh).size === wordings.size)
      return { entry: recent, isWhole: true };
    const read = await this.#entries.read(key, tenant, deadline.spareMs());
    if (!read.ok) {
      report(read.failure);
      return { entry: recent, isWhole: false };
    }
    // KV may be behind what this isolate wrote itself.
    const entry = joined(read.value, this.#entries.peek(key, tenant), this.#clock.nowMs());
    if (entry !== null) this.#entries.remember(key, entry);
    return { entry, isWhole: true };
  }

  /** The scores of an entry that may be served, by hash; of scope `set` all or none. */
  #select(
    { scope, model }: Ranker,
    { wordings }: Question,
    entry: StoredScores | null,
    may: (score: StoredScore, nowMs: number) => boolean,
  ): ReadonlyMap<string, StoredScore> {
    const nowMs = this.#clock.nowMs();
    const selected = new Map<string, StoredScore>();
    if (entry === null || (scope === "pair" && entry.model !== model)) return selected;
    for (const hash of wordings.keys()) {
      const score = entry.themes[hash];
      if (score !== undefined && may(score, nowMs)) selected.set(hash, score);
    }
    if (scope === "set" && selected.size < wordings.size) selected.clear();
    return selected;
  }

  #serve(
    status: "hit" | "stale",
    { hashes }: Question,
    { themes, model }: StoredScores,
  ): CachedRanking {
    const nowMs = this.#clock.nowMs();
    const scores = hashes.map((hash) => themes[hash]).filter((score) => score !== undefined);
    return {
      scores: scores.map(toThemeScore),
      model,
      usage: noUsage,
      asked: false,
      cache: {
        status,
        known: hashes.length,
        ranked: 0,
        ageSeconds: ageSeconds(scores, nowMs),
        ttlSeconds: ttlSeconds(scores, nowMs),
      },
    };
  }

  async #ask(
    ranker: Ranker,
    { key }: Question,
    missing: readonly (readonly [hash: string, theme: Theme])[],
    request: RankThroughRequest,
    known: Known,
  ): Promise<{ readonly value: Ranked; readonly joined: boolean }> {
    const { mode, gate, deadline, defer } = request;
    const refusal = gate();
    if (refusal !== null) return { value: fail(refusal), joined: false };
    const hosted = ranker.source === "gemini";
    if (hosted && mode === "default" && (await this.#blocked.has(key, request)))
      return { value: fail({ reason: "gemini_blocked", remembered: true }), joined: false };
    // A refresh asks for something newer than what is under way for those who did not.
    const wanted = missing.map(([hash]) => hash).toSorted();
    return this.#flights.share([mode, key, ...wanted].join(" "), {
      deadline,
      work: () => this.#call(ranker, key, missing, request),
      isOfUse: (ranked) => ranked.ok || !ranOutOfTime(ranked.failure),
      // With the write, so that both are done even when the client has left.
      keepAlive: (landing) =>
        defer(landing.then((ranked) => this.#keep(key, ranked, request, known))),
    });
  }

  async #call(
    ranker: Ranker,
    key: string,
    missing: readonly (readonly [hash: string, theme: Theme])[],
    { tenant, text, preferred, deadline }: RankThroughRequest,
  ): Promise<Ranked> {
    // The time of asking: a slow answer is not newer than a refresh that overtook it.
    const at = this.#clock.nowMs();
    const { until, keep } = timesOf(preferred ? preferredLifetime : fallbackLifetime, at, key);
    const ranking = await ranker.rank(
      { text, themes: missing.map(([, theme]) => theme) },
      deadline,
    );
    if (!ranking.ok) return ranking;
    const { model, usage, scores } = ranking.value;
    const themes = Object.fromEntries(
      scores.map(({ value, confidence }, index) => {
        const score: StoredScore = [value, confidence, at, until, keep];
        return [missing[index]?.[0] ?? "", score];
      }),
    );
    return ok({ usage, scores: { tenant, model, themes } });
  }

  /** Stores what was ranked; of what failed, only that a text is not wanted. */
  async #keep(
    key: string,
    ranked: Ranked,
    request: RankThroughRequest,
    known: Known,
  ): Promise<void> {
    const { tenant, report } = request;
    if (!ranked.ok) {
      if (ranked.failure.reason === "gemini_blocked") await this.#blocked.add(key, request);
      return;
    }
    let before = known.entry;
    let isWhole = known.isWhole;
    if (!isWhole) {
      const read = await this.#entries.read(key, tenant, deferredReadMs);
      if (read.ok) before = read.value;
      else report(read.failure);
      isWhole = read.ok;
    }
    const nowMs = this.#clock.nowMs();
    // Another request of this isolate may have written since.
    before = joined(before, this.#entries.peek(key, tenant), nowMs);
    const entry = merge(before, ranked.value.scores, nowMs);
    // What KV holds cannot be told: to write would be to lose it.
    if (!isWhole) return this.#entries.remember(key, entry);
    const keepSeconds = (usableUntil(entry) - nowMs) / 1_000;
    const written = await this.#entries.write(key, entry, keepSeconds);
    if (!written.ok) report(written.failure);
  }
}

function joined(
  older: StoredScores | null,
  newer: StoredScores | null,
  nowMs: number,
): StoredScores | null {
  return newer === null ? older : merge(older, newer, nowMs);
}

async function rankUncached(
  ranker: Ranker,
  { text, themes, mode, gate, deadline }: RankThroughRequest,
): Promise<Result<CachedRanking>> {
  const refusal = gate();
  const ranking = refusal ? fail(refusal) : await ranker.rank({ text, themes }, deadline);
  if (!ranking.ok) return ranking;
  const status = mode === "no-store" ? "bypass" : "miss";
  const cache = { status, known: 0, ranked: themes.length, ageSeconds: null } as const;
  return ok({ ...ranking.value, asked: true, cache });
}
