// Guarantees of the theme cache: what is known is served, only what is new is ranked.
import { describe, expect, it } from "vitest";
import { CacheKeys } from "../../../gateway/cache/key.ts";
import { ThemeCache, type RankThroughRequest } from "../../../gateway/cache/theme-cache.ts";
import type { Theme, ThemeScore } from "../../../gateway/core/domain.ts";
import { fail, ok, type Failure } from "../../../gateway/core/failure.ts";
import type { CacheFault, Ranker } from "../../../gateway/core/ports.ts";
import { createSingleFlight } from "../../../gateway/resilience/single-flight.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryCache } from "../support/memory-cache.ts";
import { settled } from "../support/settled.ts";
import { money, sleep, theme, work } from "../support/theme.ts";
import { unhurried } from "../support/unhurried.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const usage = { promptTokens: 100, completionTokens: 3, costUsd: null };

/** A ranker that scores by call and label, and keeps the labels it was asked for. */
class ScriptedRanker implements Ranker {
  readonly source;
  readonly scope;
  readonly model;
  readonly version;
  readonly calls: string[][] = [];
  failure: Failure | null = null;
  score = (label: string, call: number): ThemeScore => ({
    value: label.length + call / 10,
    confidence: 0.5,
  });

  constructor(given: Partial<Pick<Ranker, "source" | "scope" | "model" | "version">> = {}) {
    this.source = given.source ?? "origin";
    this.scope = given.scope ?? "pair";
    this.model = given.model ?? "llama";
    this.version = given.version ?? "1";
  }

  rank: Ranker["rank"] = ({ themes }) => {
    this.calls.push(themes.map(({ label }) => label));
    if (this.failure) return Promise.resolve(fail(this.failure));
    const scores = themes.map(({ label }) => this.score(label, this.calls.length));
    return Promise.resolve(ok({ scores, model: this.model, usage }));
  };
}

type Options = Partial<Omit<RankThroughRequest, "themes" | "defer" | "deadline">>;

function setUp() {
  const clock = new ManualClock();
  const store = new MemoryCache(clock);
  const isolate = () =>
    new ThemeCache(store, new CacheKeys("pepper"), clock, createSingleFlight(clock));
  let cache = isolate();
  const faults: CacheFault[] = [];
  /** Ranks, and lets what was deferred finish. */
  const attempt = async (ranker: Ranker, themes: readonly Theme[], options: Options = {}) => {
    const deferred: Promise<void>[] = [];
    const result = await cache.rank(ranker, {
      tenant: "acme",
      epoch: 0,
      text: "The rent is due and I lie awake.",
      mode: "default",
      preferred: true,
      report: (fault) => faults.push(fault),
      ...options,
      themes,
      deadline: unhurried,
      defer: (late) => deferred.push(late),
    });
    await settled(clock, deferred);
    return result;
  };
  const rank = async (ranker: Ranker, themes: readonly Theme[], options: Options = {}) => {
    const result = await attempt(ranker, themes, options);
    if (!result.ok) expect.fail(result.failure.reason);
    const { scores } = result.value;
    return { ...result.value, values: scores.map(({ value }) => value) };
  };
  /** Another isolate serves from now on: it shares KV and nothing else. */
  const moveOn = () => (cache = isolate());
  return { clock, store, faults, attempt, rank, moveOn };
}

/** The stored scores of an entry, changed. */
const scoresChanged =
  (change: (score: number[]) => unknown) =>
  (entry: unknown): unknown => {
    const { themes, ...rest } = entry as { themes: Record<string, number[]> };
    const changed = Object.entries(themes).map(([hash, score]) => [hash, change(score)] as const);
    return { ...rest, themes: Object.fromEntries(changed) };
  };

describe("a first ranking", () => {
  it("asks for every theme, in order, and is a miss", async () => {
    const { rank } = setUp();
    const ranker = new ScriptedRanker();
    const answer = await rank(ranker, [money, sleep]);
    expect(ranker.calls).toEqual([["Money", "Sleep"]]);
    expect(answer).toMatchObject({
      values: [5.1, 5.1],
      model: "llama",
      usage,
      asked: true,
      cache: { status: "miss", known: 0, ranked: 2, ageSeconds: null },
    });
  });

  it("writes nothing that holds a word of the text, a theme or an id", async () => {
    const { rank, store } = setUp();
    await rank(new ScriptedRanker(), [money, theme("Canary label", "Canary words", "canary-id")], {
      text: "Canary text",
    });
    const [write] = store.writes;
    const stored = JSON.stringify([write, store.peek(write?.key ?? "")]);
    expect(stored).not.toMatch(/canary|money/i);
  });
});

describe("a repeated ranking", () => {
  it("asks nobody, costs nothing and is a hit, confidence included", async () => {
    const { clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    const first = await rank(ranker, [money, sleep]);
    clock.advance(90_900);
    const again = await rank(ranker, [money, sleep]);
    expect(ranker.calls).toHaveLength(1);
    expect(again.scores).toEqual(first.scores);
    expect(again).toMatchObject({
      model: "llama",
      asked: false,
      usage: { promptTokens: 0, completionTokens: 0, costUsd: 0 },
      cache: { status: "hit", known: 2, ranked: 0, ageSeconds: 90 },
    });
  });

  it("keeps a confidence that is not known unknown", async () => {
    const { rank } = setUp();
    const ranker = new ScriptedRanker();
    ranker.score = () => ({ value: 12.345678, confidence: null });
    await rank(ranker, [money]);
    expect((await rank(ranker, [money])).scores).toEqual([{ value: 12.345678, confidence: null }]);
  });

  it("finds each theme's own score in another order", async () => {
    const { rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [theme("A"), theme("Bbbb"), theme("Cc")]);
    const again = await rank(ranker, [theme("Cc"), theme("A"), theme("Bbbb")]);
    expect(again.values).toEqual([2.1, 1.1, 4.1]);
    expect(ranker.calls).toHaveLength(1);
  });

  it("knows a theme by its wording: another id is a hit, another description is not", async () => {
    const { rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [theme("Money", "Debt", "a")]);
    expect((await rank(ranker, [theme("Money", "Debt", "b")])).cache.status).toBe("hit");
    expect((await rank(ranker, [theme("Money", "Debts", "a")])).cache.status).toBe("miss");
  });

  it("of fewer themes is a hit", async () => {
    const { rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money, sleep, work]);
    const less = await rank(ranker, [sleep]);
    expect(less.cache).toMatchObject({ status: "hit", known: 1, ranked: 0 });
    expect((await rank(ranker, [money, sleep, work])).cache.status).toBe("hit");
  });

  it("with one new theme asks for that theme alone and puts its score in its place", async () => {
    const { clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money, work]);
    clock.advance(7_000);
    const more = await rank(ranker, [money, sleep, work]);
    expect(ranker.calls).toEqual([["Money", "Work"], ["Sleep"]]);
    expect(more).toMatchObject({
      values: [5.1, 5.2, 4.1],
      asked: true,
      usage,
      cache: { status: "partial", known: 2, ranked: 1, ageSeconds: 7 },
    });
  });

  it("tells the age of the oldest score served", async () => {
    const { clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    clock.advance(10_000);
    await rank(ranker, [money, sleep]);
    clock.advance(5_000);
    expect((await rank(ranker, [money, sleep])).cache.ageSeconds).toBe(15);
    expect((await rank(ranker, [sleep])).cache.ageSeconds).toBe(5);
  });

  it.each<[string, Options]>([
    ["text", { text: "Another text." }],
    ["tenant", { tenant: "other" }],
  ])("for another %s is a miss", async (_, options) => {
    const { rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    expect((await rank(ranker, [money], options)).cache.status).toBe("miss");
  });

  it.each([
    ["source", { source: "gemini" } as const],
    ["model", { model: "llama-3.2" }],
    ["prompt version", { version: "2" }],
  ])("by a ranker of another %s is a miss", async (_, other) => {
    const { rank } = setUp();
    await rank(new ScriptedRanker(), [money]);
    expect((await rank(new ScriptedRanker(other), [money])).cache.status).toBe("miss");
  });
});

describe("freshness", () => {
  it("of the preferred ranker's scores lasts 24 hours, or up to a tenth less", async () => {
    const { clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    clock.advance(0.9 * 24 * hourMs - 1);
    expect((await rank(ranker, [money])).cache.status).toBe("hit");
    clock.advance(0.1 * 24 * hourMs + 1);
    expect((await rank(ranker, [money])).cache).toMatchObject({ status: "miss", ranked: 1 });
  });

  it("of a fallback's scores lasts 5 minutes, or up to a tenth less", async () => {
    const { clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money], { preferred: false });
    clock.advance(0.9 * 5 * minuteMs - 1);
    expect((await rank(ranker, [money], { preferred: false })).cache.status).toBe("hit");
    clock.advance(0.1 * 5 * minuteMs + 1);
    expect((await rank(ranker, [money], { preferred: false })).cache.status).toBe("miss");
  });

  it("is not prolonged by being served or by being stored again beside new scores", async () => {
    const { clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    clock.advance(21 * hourMs);
    await rank(ranker, [money, sleep]);
    clock.advance(3 * hourMs);
    const answer = await rank(ranker, [money, sleep]);
    expect(ranker.calls.at(-1)).toEqual(["Money"]);
    expect(answer.cache).toMatchObject({ status: "partial", known: 1, ranked: 1 });
  });

  it("keeps the preferred ranker's entries for 7 days and a fallback's for an hour", async () => {
    const { rank, store } = setUp();
    await rank(new ScriptedRanker(), [money]);
    await rank(new ScriptedRanker(), [money], { preferred: false, text: "Another." });
    expect(store.writes.map(({ ttlSeconds }) => ttlSeconds)).toEqual([7 * 86_400, 3_600]);
  });

  it("of scores kept for a day is not cut by a fallback's scores stored beside them", async () => {
    const { clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    await rank(ranker, [money, sleep], { preferred: false });
    clock.advance(2 * hourMs);
    expect((await rank(ranker, [money])).cache.status).toBe("hit");
  });
});

describe("cache: refresh", () => {
  it("asks for everything, reports a miss and replaces what was known", async () => {
    const { clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money, sleep]);
    clock.advance(1_000);
    const refreshed = await rank(ranker, [money], { mode: "refresh" });
    expect(refreshed).toMatchObject({
      values: [5.2],
      cache: { status: "miss", known: 0, ranked: 1, ageSeconds: null },
    });
    expect((await rank(ranker, [money])).values).toEqual([5.2]);
  });

  it("leaves the scores of other themes in the entry", async () => {
    const { rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money, sleep]);
    await rank(ranker, [money], { mode: "refresh" });
    expect((await rank(ranker, [money, sleep])).values).toEqual([5.2, 5.1]);
  });
});

describe("cache: no-store", () => {
  it("neither reads nor writes, and is a bypass", async () => {
    const { rank, store } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    const { reads, writes } = store;
    const before = [reads.length, writes.length];
    const answer = await rank(ranker, [money], { mode: "no-store" });
    expect(answer).toMatchObject({
      values: [5.2],
      asked: true,
      cache: { status: "bypass", known: 0, ranked: 1, ageSeconds: null },
    });
    expect([reads.length, writes.length]).toEqual(before);
    expect((await rank(ranker, [money])).values).toEqual([5.1]);
  });
});

describe("scores of scope set", () => {
  const setRanker = () => new ScriptedRanker({ source: "gemini", scope: "set" });

  it("are served for the same set, in any order", async () => {
    const { rank } = setUp();
    const ranker = setRanker();
    await rank(ranker, [theme("A"), theme("Bbbb")]);
    const again = await rank(ranker, [theme("Bbbb"), theme("A")]);
    expect(again).toMatchObject({ values: [4.1, 1.1], cache: { status: "hit", known: 2 } });
    expect(ranker.calls).toHaveLength(1);
  });

  it("are never composed: a theme more or less asks for the whole list", async () => {
    const { rank } = setUp();
    const ranker = setRanker();
    await rank(ranker, [money, sleep]);
    const more = await rank(ranker, [money, sleep, work]);
    const less = await rank(ranker, [money]);
    expect(ranker.calls.slice(1)).toEqual([["Money", "Sleep", "Work"], ["Money"]]);
    for (const { cache } of [more, less]) {
      expect(cache).toMatchObject({ status: "miss", known: 0, ageSeconds: null });
    }
    expect((await rank(ranker, [money, sleep])).values).toEqual([5.1, 5.1]);
  });

  it("ask for the whole list when part of the entry is lost", async () => {
    const { rank, store, moveOn } = setUp();
    const ranker = setRanker();
    await rank(ranker, [money, sleep]);
    store.forge((entry) => {
      const { themes, ...rest } = entry as { themes: Record<string, unknown> };
      return { ...rest, themes: Object.fromEntries(Object.entries(themes).slice(1)) };
    });
    moveOn();
    const again = await rank(ranker, [money, sleep]);
    expect(ranker.calls.at(-1)).toEqual(["Money", "Sleep"]);
    expect(again).toMatchObject({
      values: [5.2, 5.2],
      cache: { status: "miss", known: 0, ranked: 2, ageSeconds: null },
    });
  });
});

describe("lexical scores", () => {
  it.each([
    ["default", "miss"],
    ["refresh", "miss"],
    ["no-store", "bypass"],
  ] as const)("are neither looked up nor stored: %s is a %s", async (mode, status) => {
    const { rank, store } = setUp();
    const ranker = new ScriptedRanker({ source: "lexical" });
    await rank(ranker, [money], { mode });
    expect(await rank(ranker, [money], { mode })).toMatchObject({
      asked: true,
      cache: { status, known: 0, ranked: 1, ageSeconds: null },
    });
    expect([store.reads, store.writes]).toEqual([[], []]);
  });
});

describe("a failing ranker", () => {
  it("stores nothing and passes its failure on as it is", async () => {
    const { attempt, store } = setUp();
    const ranker = new ScriptedRanker();
    ranker.failure = { reason: "origin_error", status: 502 };
    expect(await attempt(ranker, [money])).toEqual({ ok: false, failure: ranker.failure });
    expect(store.writes).toEqual([]);
  });

  it("fails the whole list even when part of it is known, and loses nothing of that", async () => {
    const { attempt, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    ranker.failure = { reason: "origin_unreachable" };
    expect((await attempt(ranker, [money, sleep])).ok).toBe(false);
    expect((await rank(ranker, [money])).cache.status).toBe("hit");
  });
});

describe("an entry that cannot be trusted", () => {
  it.each<[string, (entry: unknown) => unknown]>([
    ["no object", () => "hit"],
    ["a list", () => []],
    ["null", () => null],
    ["without themes", (entry) => ({ ...(entry as object), themes: undefined })],
    ["with themes as a list", (entry) => ({ ...(entry as object), themes: [[1, 1, 1, 1, 1]] })],
    ["without a tenant", (entry) => ({ ...(entry as object), tenant: undefined })],
    ["of another tenant", (entry) => ({ ...(entry as object), tenant: "other" })],
    ["without a model", (entry) => ({ ...(entry as object), model: 5 })],
    ["with a score over 100", scoresChanged(([, ...rest]) => [101, ...rest])],
    ["with a score below 0", scoresChanged(([, ...rest]) => [-0.1, ...rest])],
    ["with a score that is text", scoresChanged(([, ...rest]) => ["90", ...rest])],
    ["with a score that is null", scoresChanged(([, ...rest]) => [null, ...rest])],
    ["with a confidence over 1", scoresChanged(([value, , ...rest]) => [value, 2, ...rest])],
    ["with times that are none", scoresChanged(([a, b]) => [a, b, "now", "later", "last"])],
    ["with a field less", scoresChanged((score) => score.slice(0, 4))],
    [
      "fresh for longer than a day",
      scoresChanged(([a, b, at = 0, , keep]) => [a, b, at, at + 25 * hourMs, keep]),
    ],
    [
      "kept for longer than a week",
      scoresChanged(([a, b, at = 0, until]) => [a, b, at, until, at + 8 * 24 * hourMs]),
    ],
    ["with two fields more", scoresChanged((score) => [...score, 1, 1])],
    ["with a cost below 0", scoresChanged((score) => [...score, -1])],
    ["with a cost beyond reason", scoresChanged((score) => [...score, 1e300])],
    [
      "ranked in the future",
      scoresChanged(([a, b, ...times]) => [a, b, ...times.map((time) => time + hourMs)]),
    ],
  ])("is ignored: %s", async (_, change) => {
    const { rank, store, moveOn } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money, sleep]);
    store.forge(change);
    moveOn();
    expect(await rank(ranker, [money, sleep])).toMatchObject({
      values: [5.2, 5.2],
      cache: { status: "miss", known: 0, ranked: 2, ageSeconds: null },
    });
  });

  it("is replaced by the next ranking", async () => {
    const { rank, store, moveOn } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    store.forge(() => ({ tenant: "other", model: "llama", themes: {} }));
    moveOn();
    await rank(ranker, [money]);
    expect((await rank(ranker, [money])).cache.status).toBe("hit");
  });

  it("is replaced by the next ranking when it claims to be from the future, too", async () => {
    const { rank, store, moveOn } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    store.forge(
      scoresChanged(([a, b, ...times]) => [a, b, ...times.map((time) => time + 24 * hourMs)]),
    );
    moveOn();
    await rank(ranker, [money]);
    expect((await rank(ranker, [money])).cache.status).toBe("hit");
  });

  it("may be a little ahead: clocks of two machines differ", async () => {
    const { rank, store, moveOn } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    store.forge(scoresChanged(([a, b, ...times]) => [a, b, ...times.map((time) => time + 30_000)]));
    moveOn();
    expect((await rank(ranker, [money])).cache).toMatchObject({ status: "hit", ageSeconds: 0 });
  });
});

describe("two requests at once", () => {
  it("both keep their themes: a write merges with what was written meanwhile", async () => {
    const { rank } = setUp();
    const ranker = new ScriptedRanker();
    const racing = new ScriptedRanker();
    const slow = new ScriptedRanker();
    slow.rank = async (...given) => {
      await rank(racing, [sleep]);
      return ranker.rank(...given);
    };
    await rank(slow, [money]);
    expect((await rank(ranker, [money, sleep])).cache.status).toBe("hit");
  });

  it("keep the newer score when both ranked one theme", async () => {
    const { clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    ranker.score = () => ({ value: 10, confidence: null });
    await rank(ranker, [money]);
    clock.advance(1_000);
    const other = new ScriptedRanker();
    other.score = () => ({ value: 20, confidence: null });
    const partial = new ScriptedRanker();
    partial.rank = async (...given) => {
      await rank(other, [money], { mode: "refresh" });
      return ranker.rank(...given);
    };
    // Served the known 10 for money while another request stored 20.
    expect((await rank(partial, [money, sleep])).values).toEqual([10, 10]);
    expect((await rank(ranker, [money])).values).toEqual([20]);
  });
});

describe("the size of an entry", () => {
  it("is bounded: over 500 scores the oldest go", async () => {
    const { clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    const hundred = (round: number) =>
      Array.from({ length: 100 }, (_, index) => theme(`Theme ${round}-${index}`));
    for (const round of [0, 1, 2, 3, 4, 5]) {
      clock.advance(1_000);
      await rank(ranker, hundred(round));
    }
    expect((await rank(ranker, hundred(1))).cache.status).toBe("hit");
    expect((await rank(ranker, hundred(5))).cache.status).toBe("hit");
    expect((await rank(ranker, hundred(0))).cache.status).toBe("miss");
  });
});

describe("stale scores", () => {
  const down = { reason: "origin_unreachable" } as const;

  it("stand in for a ranker that fails when all themes are known, and say why", async () => {
    const { clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money, sleep]);
    clock.advance(30 * hourMs);
    ranker.failure = down;
    expect(await rank(ranker, [sleep, money])).toMatchObject({
      values: [5.1, 5.1],
      model: "llama",
      asked: false,
      insteadOf: down,
      usage: { promptTokens: 0 },
      cache: { status: "stale", known: 2, ranked: 0, ageSeconds: 30 * 3_600 },
    });
    expect(ranker.calls).toHaveLength(2);
  });

  it("stand in for one that cannot be asked", async () => {
    const { clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    ranker.failure = { reason: "circuit_open" };
    expect((await rank(ranker, [money])).cache.status).toBe("hit");
    clock.advance(30 * hourMs);
    const { cache, insteadOf } = await rank(ranker, [money]);
    expect([cache.status, insteadOf]).toEqual(["stale", { reason: "circuit_open" }]);
  });

  it("are never served while the ranker is well", async () => {
    const { clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    clock.advance(30 * hourMs);
    expect((await rank(ranker, [money])).cache.status).toBe("miss");
  });

  it("are not served for part of the themes: the failure goes on to the next ranker", async () => {
    const { attempt, clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    clock.advance(30 * hourMs);
    ranker.failure = down;
    expect(await attempt(ranker, [money, sleep])).toEqual(fail(down));
  });

  it("may be fresh in part: the age is that of the oldest, the time left that of the first to end", async () => {
    const { clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    clock.advance(23 * hourMs);
    await rank(ranker, [sleep]);
    clock.advance(2 * hourMs);
    ranker.failure = down;
    const { cache } = await rank(ranker, [money, sleep]);
    expect(cache).toMatchObject({ status: "stale", known: 2, ageSeconds: 25 * 3_600 });
    expect(cache.ttlSeconds).toBeLessThan(0);
  });

  it.each([
    ["the preferred ranker's, 7 days", true, 7 * 24 * hourMs],
    ["a fallback's, an hour", false, hourMs],
  ])("last no longer than they are kept: %s", async (_, preferred, keptMs) => {
    const { attempt, clock, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money], { preferred });
    ranker.failure = down;
    clock.advance(keptMs - 1);
    expect((await rank(ranker, [money])).cache.status).toBe("stale");
    clock.advance(1);
    expect(await attempt(ranker, [money])).toEqual(fail(down));
  });

  it("are not looked for on refresh", async () => {
    const { attempt, rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    ranker.failure = down;
    expect(await attempt(ranker, [money], { mode: "refresh" })).toEqual(fail(down));
  });
});

describe("a tenant whose epoch is raised", () => {
  it("finds nothing of before", async () => {
    const { rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    expect((await rank(ranker, [money], { epoch: 1 })).cache.status).toBe("miss");
    expect((await rank(ranker, [money], { epoch: 1 })).cache.status).toBe("hit");
  });
});

describe("a text that was refused", () => {
  const hosted = () => {
    const ranker = new ScriptedRanker({ source: "gemini", scope: "set" });
    ranker.failure = { reason: "gemini_blocked" };
    return ranker;
  };

  it("is not sent again for 5 minutes, and is told from one just refused", async () => {
    const { attempt, clock, moveOn, store } = setUp();
    const ranker = hosted();
    await attempt(ranker, [money]);
    expect(store.writes).toEqual([
      { key: expect.stringMatching(/^blocked:\d+:[0-9a-f]{64}$/), ttlSeconds: 300 },
    ]);
    ranker.failure = null;
    clock.advance(5 * minuteMs - 1);
    moveOn();
    const again = await attempt(ranker, [money]);
    expect(again).toEqual(fail({ reason: "gemini_blocked", remembered: true }));
    expect(ranker.calls).toHaveLength(1);
    clock.advance(1);
    expect((await attempt(ranker, [money])).ok).toBe(true);
  });

  it.each<[string, Options]>([
    ["tenant", { tenant: "other" }],
    ["text", { text: "Another text." }],
  ])("is sent for another %s", async (_, options) => {
    const { attempt } = setUp();
    const ranker = hosted();
    await attempt(ranker, [money]);
    await attempt(ranker, [money], options);
    expect(ranker.calls).toHaveLength(2);
  });

  it("is looked for beside its scores, not behind them", async () => {
    const { rank, store } = setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    store.held = promise;
    const ranked = rank(new ScriptedRanker({ source: "gemini", scope: "set" }), [money]);
    await expect.poll(() => store.reads).toHaveLength(2);
    const kinds = new Set(store.reads.map((key) => key.split(":")[0]));
    expect(kinds).toEqual(new Set(["scores", "blocked"]));
    resolve();
    expect((await ranked).cache.status).toBe("miss");
  });

  it("is not remembered with no-store", async () => {
    const { attempt, store } = setUp();
    await attempt(hosted(), [money], { mode: "no-store" });
    expect(store.writes).toEqual([]);
  });

  it("costs the origin no read", async () => {
    const { rank, store } = setUp();
    await rank(new ScriptedRanker(), [money]);
    expect(store.reads).toHaveLength(1);
  });
});

describe("the ranking's traffic with KV", () => {
  it("is one read, and one write after it; none while this isolate remembers", async () => {
    const { clock, rank, store } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    expect([store.reads.length, store.writes.length]).toEqual([1, 1]);
    clock.advance(minuteMs - 1);
    await rank(ranker, [money]);
    expect(store.reads).toHaveLength(1);
    clock.advance(1);
    await rank(ranker, [money]);
    expect([store.reads.length, store.writes.length]).toEqual([2, 1]);
  });

  it("is at most one write a second and key, and the last one holds everything", async () => {
    const { clock, rank, store } = setUp();
    const ranker = new ScriptedRanker();
    const startedMs = clock.nowMs();
    await Promise.all([money, sleep, work].map((one) => rank(ranker, [one])));
    expect(store.writes).toHaveLength(2);
    expect(clock.nowMs() - startedMs).toBe(1_000);
    const stored = store.peek(store.writes[0]?.key ?? "") as { themes: object };
    expect(Object.keys(stored.themes)).toHaveLength(3);
  });

  it("writes nothing over what it could not read, and remembers it in this isolate", async () => {
    const { faults, rank, store, moveOn } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money, sleep]);
    moveOn();
    const get = store.get.bind(store);
    store.get = () => Promise.resolve(fail("get_timeout"));
    await rank(ranker, [work]);
    expect((await rank(ranker, [work])).cache.status).toBe("hit");
    expect(faults).toEqual(["get_timeout", "get_timeout"]);
    store.get = get;
    moveOn();
    expect((await rank(ranker, [money, sleep])).cache.status).toBe("hit");
  });
});

describe("two who ask at once", () => {
  it("share a call; a refresh does not join one that began before it", async () => {
    const { rank } = setUp();
    const ranker = new ScriptedRanker();
    const [a, b, c] = await Promise.all([
      rank(ranker, [money, sleep]),
      rank(ranker, [sleep, money]),
      rank(ranker, [money, sleep], { mode: "refresh" }),
    ]);
    expect(ranker.calls).toHaveLength(2);
    expect([a.cache.collapsed, b.cache.collapsed, c.cache.collapsed].filter(Boolean)).toEqual([
      true,
    ]);
    expect(a.values).toEqual(b.values.toReversed());
  });

  it("each with a known part of their own, get their own and the shared part", async () => {
    const { rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money, work]);
    const [a, b] = await Promise.all([rank(ranker, [money, sleep]), rank(ranker, [sleep, work])]);
    expect(ranker.calls).toEqual([["Money", "Work"], ["Sleep"]]);
    expect([a.values, b.values]).toEqual([
      [5.1, 5.2],
      [5.2, 4.1],
    ]);
  });
});

describe("one answer", () => {
  it("is one model's: scores known from another are asked for again", async () => {
    const { rank } = setUp();
    const ranker = new ScriptedRanker();
    await rank(ranker, [money]);
    const { rank: ask } = ranker;
    ranker.rank = async (...given) => {
      const ranking = await ask(...given);
      return ranking.ok ? ok({ ...ranking.value, model: "another" }) : ranking;
    };
    const { values, model } = await rank(ranker, [money, sleep]);
    expect([values, model]).toEqual([[5.3, 5.3], "another"]);
  });
});
