// Scores per (text, theme): what is known is served, only what is new is ranked.
import { addUsage, noUsage, type Ranking, type Theme } from "../core/domain.ts";
import { fail, ok, ranOutOfTime, type Failure, type Result } from "../core/failure.ts";
import type { CacheReport } from "../core/outcome.ts";
import type { Clock, Ranker, RankerRequest, ResultCache, SingleFlight } from "../core/ports.ts";
import { BlockedAnswers } from "./blocked.ts";
import { fallbackLifetime, preferredLifetime, timesOf } from "./freshness.ts";
import type { KeyMaker } from "./key.ts";
import { ScoreEntries, type Known } from "./score-entries.ts";
import {
  ageSeconds,
  costOf,
  isFresh,
  isUsable,
  toStoredCost,
  toThemeScore,
  ttlSeconds,
  type StoredScore,
  type StoredScores,
} from "./stored-scores.ts";
import type { Visit } from "./visit.ts";

export interface CachedRanking extends Ranking {
  readonly cache: CacheReport;
  /** Whether the ranker itself was asked. */
  readonly asked: boolean;
  /** Why the ranker did not give these scores now, when they are stale. */
  readonly insteadOf?: Failure;
}

export type RankThroughRequest = Visit & RankerRequest;

/** What a ranker answered to one request, as those who follow it need it. */
type Ranked = Result<{
  readonly usage: Ranking["usage"];
  readonly scores: StoredScores;
  /** What it cost, US dollars; null = not known. */
  readonly costUsd: number | null;
}>;
export type RankFlights = SingleFlight<Ranked>;

interface Asked {
  readonly value: Ranked;
  /** Whether it is the answer to an identical request. */
  readonly joined: boolean;
}

/** A ranking as the cache sees it. */
interface Question {
  readonly key: string;
  /** One a theme, in the order of the request. */
  readonly hashes: readonly string[];
  /** Each wording once. */
  readonly wordings: ReadonlyMap<string, Theme>;
}

/**
 * Asks `ranker` for those themes only whose fresh scores are not known, each wording once, and only
 * once for all who ask the same at the same time. Scores of scope `set` are kept under the hash of
 * the theme set as well, so that they are known all together or not at all. Stale scores stand in
 * for a ranker that cannot be asked or fails, never for one that is well (decision 10). Lexical
 * scores cost less than a read and are never stored.
 */
export class ThemeCache {
  readonly #entries: ScoreEntries;
  readonly #blocked: BlockedAnswers;
  readonly #keys: KeyMaker;
  readonly #clock: Clock;
  readonly #flights: RankFlights;

  /** @param kv null = nothing is kept */
  constructor(kv: ResultCache | null, keys: KeyMaker, clock: Clock, flights: RankFlights) {
    this.#entries = new ScoreEntries(kv, clock);
    this.#blocked = new BlockedAnswers(kv, keys, clock);
    this.#keys = keys;
    this.#clock = clock;
    this.#flights = flights;
  }

  async rank(ranker: Ranker, request: RankThroughRequest): Promise<Result<CachedRanking>> {
    if (ranker.source === "lexical" || request.mode === "no-store")
      return this.#rankUncached(ranker, request);
    const { deadline } = request;
    const question = await this.#question(ranker, request);
    const { hashes, wordings } = question;
    const blocked = this.#blocked.lookup(question.key, ranker.source, request);
    const known = await this.#entries.find(
      question.key,
      request,
      (entry) => this.#select(ranker, question, entry, isFresh).size === wordings.size,
      blocked.begin,
    );
    const { entry } = known;
    const fresh = this.#select(ranker, question, entry, isFresh);
    if (entry !== null && fresh.size === wordings.size) {
      deadline.calls.save(costOf([...fresh.values()]));
      return ok(this.#serve("hit", question, { ...entry, themes: Object.fromEntries(fresh) }));
    }

    const missing = [...wordings].filter(([hash]) => !fresh.has(hash));
    const blockedFailure = await blocked.failure();
    const answer: Asked =
      blockedFailure === null
        ? await this.#ask(ranker, question, missing, request, known)
        : { value: fail(blockedFailure), joined: false };
    if (!answer.value.ok) {
      const usable = this.#select(ranker, question, entry, isUsable);
      if (entry === null || usable.size < wordings.size) return answer.value;
      const insteadOf = answer.value.failure;
      deadline.calls.save(costOf([...usable.values()]));
      const old = { ...entry, themes: Object.fromEntries(usable) };
      return ok({ ...this.#serve("stale", question, old), insteadOf });
    }

    const { scores, usage, costUsd } = answer.value.value;
    // One answer is one model's: what another one scored is not mixed in, but asked for again.
    if (entry !== null && fresh.size > 0 && entry.model !== scores.model) {
      const whole = await this.rank(ranker, { ...request, mode: "refresh" });
      return whole.ok ? ok({ ...whole.value, usage: addUsage(usage, whole.value.usage) }) : whole;
    }
    deadline.calls.save(costOf([...fresh.values()]));
    if (answer.joined) deadline.calls.save(costUsd);
    const nowMs = this.#clock.nowMs();
    const knownThemes = hashes.filter((hash) => fresh.has(hash)).length;
    const all = hashes.map((hash) => scores.themes[hash] ?? fresh.get(hash));
    return ok({
      scores: all.filter((score) => score !== undefined).map(toThemeScore),
      model: scores.model,
      usage: answer.joined ? noUsage : usage,
      asked: true,
      cache: {
        status: knownThemes === 0 ? "miss" : "partial",
        known: knownThemes,
        ranked: hashes.length - knownThemes,
        ageSeconds: ageSeconds([...fresh.values()], nowMs),
        ...(answer.joined && { collapsed: true }),
      },
    });
  }

  async #question(ranker: Ranker, request: RankThroughRequest): Promise<Question> {
    const { tenant, epoch, text, themes } = request;
    const hashes = await this.#keys.themes(themes);
    const wordings = new Map(themes.map((theme, index) => [hashes[index] ?? "", theme]));
    const { source, model, version, scope } = ranker;
    const set = scope === "set" ? [...wordings.keys()].toSorted() : null;
    const parts = [tenant, epoch, text, source, model, version, set];
    return { key: await this.#keys.entry("scores", parts), hashes, wordings };
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
  ): Promise<Asked> {
    const { mode, deadline, defer } = request;
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
    const salt = await this.#keys.salt(tenant);
    const themesAsked = missing.map(([, theme]) => theme);
    const callsBefore = deadline.calls.calls.length;
    const ranking = await ranker.rank({ text, themes: themesAsked, salt }, deadline);
    if (!ranking.ok) return ranking;
    const { model, usage, scores } = ranking.value;
    const costUsd = deadline.calls.costSince(callsBefore);
    const each = costUsd === null ? null : toStoredCost(costUsd / scores.length);
    const themes = Object.fromEntries(
      scores.map(({ value, confidence }, index) => {
        const score = [value, confidence, at, until, keep] as const;
        const stored: StoredScore = each === null ? score : [...score, each];
        return [missing[index]?.[0] ?? "", stored];
      }),
    );
    return ok({ usage, costUsd, scores: { tenant, model, themes } });
  }

  /** Stores what was ranked; of what failed, only that a text is not wanted. */
  async #keep(
    key: string,
    ranked: Ranked,
    request: RankThroughRequest,
    known: Known,
  ): Promise<void> {
    if (!ranked.ok) {
      if (ranked.failure.reason === "gemini_blocked") await this.#blocked.add(key, request);
      return;
    }
    await this.#entries.add(key, ranked.value.scores, known, request);
  }

  async #rankUncached(
    ranker: Ranker,
    { tenant, text, themes, mode, deadline }: RankThroughRequest,
  ): Promise<Result<CachedRanking>> {
    const salt = await this.#keys.salt(tenant);
    const ranking = await ranker.rank({ text, themes, salt }, deadline);
    if (!ranking.ok) return ranking;
    const status = mode === "no-store" ? "bypass" : "miss";
    const cache = { status, known: 0, ranked: themes.length, ageSeconds: null } as const;
    return ok({ ...ranking.value, asked: true, cache });
  }
}
