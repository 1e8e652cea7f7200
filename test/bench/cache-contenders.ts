// Three ways to cache rankings, over the same store, the same memory before it and the same lives.
import { EntryStore } from "../../gateway/cache/entry-store.ts";
import { preferredLifetime, timesOf } from "../../gateway/cache/freshness.ts";
import { CacheKeys } from "../../gateway/cache/key.ts";
import { ThemeCache } from "../../gateway/cache/theme-cache.ts";
import { noUsage, type Scope } from "../../gateway/core/domain.ts";
import { ok } from "../../gateway/core/failure.ts";
import { patientDeadline } from "../support/patient.ts";
import type { Clock, Ranker, ResultCache } from "../../gateway/core/ports.ts";
import { createSingleFlight } from "../../gateway/resilience/single-flight.ts";
import { estimateThemeTokens, estimateTokens } from "../../gateway/text/tokens.ts";
import type { WorkloadRequest } from "./cache-workload.ts";

/** KV that counts what is billed. */
export class CountingKv implements ResultCache {
  reads = 0;
  writes = 0;
  bytesWritten = 0;
  readonly #clock: Clock;
  readonly #entries = new Map<string, { json: string; untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get: ResultCache["get"] = (key) => {
    this.reads += 1;
    const entry = this.#entries.get(key);
    const isThere = entry !== undefined && this.#clock.nowMs() < entry.untilMs;
    return Promise.resolve(ok(isThere ? (JSON.parse(entry.json) as unknown) : null));
  };

  put: ResultCache["put"] = (key, value, ttlSeconds) => {
    const json = JSON.stringify(value);
    this.writes += 1;
    this.bytesWritten += json.length;
    this.#entries.set(key, { json, untilMs: this.#clock.nowMs() + ttlSeconds * 1_000 });
    return Promise.resolve(ok(null));
  };
}

/** A ranker that counts what it is asked for. */
export class CountingRanker implements Ranker {
  readonly source = "origin";
  readonly model = "counted";
  readonly version = "1";
  readonly scope: Scope;
  calls = 0;
  themes = 0;
  prompts = 0;
  promptTokens = 0;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  rank: Ranker["rank"] = ({ text, themes }) => {
    const textTokens = estimateTokens(text);
    const themeTokens = themes.reduce((sum, theme) => sum + estimateThemeTokens(theme), 0);
    this.calls += 1;
    this.themes += themes.length;
    // One prompt a theme with the text in each, or one prompt with the list.
    this.prompts += this.scope === "pair" ? themes.length : 1;
    this.promptTokens += textTokens * (this.scope === "pair" ? themes.length : 1) + themeTokens;
    const scores = themes.map(() => ({ value: 50, confidence: null }));
    return Promise.resolve(ok({ scores, model: this.model, usage: noUsage }));
  };
}

const unhurried = patientDeadline(15_000, new AbortController().signal);

/** Answers one request, from the cache or by the ranker. */
export type Answer = (request: WorkloadRequest) => Promise<void>;

export interface Contender {
  readonly name: string;
  readonly start: (kv: ResultCache, ranker: Ranker, clock: Clock) => Answer;
}

/** A cache of whole answers under one key; what the key is made of is all that differs. */
function wholeAnswers(
  name: string,
  keyOf: (request: WorkloadRequest, keys: CacheKeys) => Promise<string>,
): Contender {
  interface Stored {
    readonly tenant: string;
    readonly scores: readonly number[];
    readonly until: number;
  }
  const isStored = (value: unknown): value is Stored => value !== null;
  return {
    name,
    start(kv, ranker, clock) {
      const keys = new CacheKeys("bench");
      const entries = new EntryStore<Stored>(kv, clock, isStored);
      const isFresh = (entry: Stored | null) => entry !== null && clock.nowMs() < entry.until;
      return async (request) => {
        const key = await keyOf(request, keys);
        if (isFresh(entries.peek(key, "bench"))) return;
        const read = await entries.read(key, "bench", 250);
        if (read.ok && read.value !== null && isFresh(read.value)) {
          entries.remember(key, read.value);
          return;
        }
        const { text, themes } = request;
        const ranking = await ranker.rank({ text, themes }, unhurried);
        if (!ranking.ok) return;
        const { until } = timesOf(preferredLifetime, clock.nowMs(), key);
        const scores = ranking.value.scores.map(({ value }) => value);
        void entries.write(key, { tenant: "bench", scores, until }, preferredLifetime.keepSeconds);
      };
    },
  };
}

export const contenders: readonly Contender[] = [
  {
    name: "a score per text and theme: ours",
    start(kv, ranker, clock) {
      const cache = new ThemeCache(kv, new CacheKeys("bench"), clock, createSingleFlight(clock));
      return async ({ text, themes }) => {
        await cache.rank(ranker, {
          tenant: "bench",
          epoch: 0,
          mode: "default",
          preferred: true,
          deadline: unhurried,
          defer: () => {},
          report: () => {},
          text,
          themes,
        });
      };
    },
  },
  wholeAnswers("an answer per text and set of themes", async ({ text, themes }, keys) => {
    const hashes = await keys.themes(themes);
    return keys.entry("scores", [text, hashes.toSorted()]);
  }),
  wholeAnswers("an answer per request body", ({ text, themes, topK }, keys) =>
    keys.entry("scores", [text, themes, topK]),
  ),
];
