// Guarantees of the summary cache.
import { describe, expect, it } from "vitest";
import { CacheKeys } from "../../../gateway/cache/key.ts";
import {
  SummaryCache,
  type SummarizeThroughRequest,
} from "../../../gateway/cache/summary-cache.ts";
import { fail, ok, type Failure } from "../../../gateway/core/failure.ts";
import type { Summarizer } from "../../../gateway/core/ports.ts";
import { createSingleFlight } from "../../../gateway/resilience/single-flight.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryCache } from "../support/memory-cache.ts";
import { settled } from "../support/settled.ts";
import { money, sleep, theme } from "../support/theme.ts";
import { unhurried } from "../support/unhurried.ts";

const hourMs = 3_600_000;
const usage = { promptTokens: 200, completionTokens: 60, costUsd: null };

/** A summarizer that numbers its summaries. */
class ScriptedSummarizer implements Summarizer {
  readonly source;
  readonly model;
  readonly version;
  calls = 0;
  failure: Failure | null = null;

  constructor(given: Partial<Pick<Summarizer, "source" | "model" | "version">> = {}) {
    this.source = given.source ?? "gemini";
    this.model = given.model ?? "flash";
    this.version = given.version ?? "1";
  }

  summarize: Summarizer["summarize"] = () => {
    this.calls += 1;
    if (this.failure) return Promise.resolve(fail(this.failure));
    return Promise.resolve(ok({ text: `Summary ${this.calls}.`, model: "flash-001", usage }));
  };
}

type Options = Partial<Omit<SummarizeThroughRequest, "defer" | "deadline">>;

function setUp() {
  const clock = new ManualClock();
  const store = new MemoryCache(clock);
  const isolate = () =>
    new SummaryCache(store, new CacheKeys("pepper"), clock, createSingleFlight(clock));
  let cache = isolate();
  const attempt = async (summarizer: Summarizer, options: Options = {}) => {
    const deferred: Promise<void>[] = [];
    const result = await cache.summarize(summarizer, {
      tenant: "acme",
      epoch: 0,
      text: "The rent is due.",
      themes: [money, sleep],
      language: null,
      mode: "default",
      preferred: true,
      report: () => {},
      ...options,
      deadline: unhurried,
      defer: (work) => deferred.push(work),
    });
    await settled(clock, deferred);
    return result;
  };
  const summarize = async (summarizer: Summarizer, options: Options = {}) => {
    const result = await attempt(summarizer, options);
    if (!result.ok) expect.fail(result.failure.reason);
    return result.value;
  };
  /** Another isolate serves from now on: it shares KV and nothing else. */
  const moveOn = () => (cache = isolate());
  return { clock, store, attempt, summarize, moveOn };
}

describe("a summary", () => {
  it("is written once and served again, with the model that wrote it, at no cost", async () => {
    const { clock, summarize } = setUp();
    const summarizer = new ScriptedSummarizer();
    expect(await summarize(summarizer)).toMatchObject({
      text: "Summary 1.",
      usage,
      asked: true,
      cache: { status: "miss", ageSeconds: null },
    });
    clock.advance(61_999);
    expect(await summarize(summarizer)).toEqual({
      text: "Summary 1.",
      model: "flash-001",
      usage: { promptTokens: 0, completionTokens: 0, costUsd: 0 },
      asked: false,
      cache: { status: "hit", ageSeconds: 61 },
    });
  });

  it.each<[string, Options]>([
    ["tenant", { tenant: "other" }],
    ["epoch of the tenant", { epoch: 1 }],
    ["text", { text: "The rent is paid." }],
    ["choice of themes", { themes: [money] }],
    ["order of themes", { themes: [sleep, money] }],
    ["wording of a theme", { themes: [money, theme("Sleep", "Rest")] }],
    ["language", { language: "de" }],
  ])("is written anew for another %s", async (_, options) => {
    const { summarize } = setUp();
    const summarizer = new ScriptedSummarizer();
    await summarize(summarizer);
    expect((await summarize(summarizer, options)).text).toBe("Summary 2.");
  });

  it.each([{ source: "origin" } as const, { model: "pro" }, { version: "2" }])(
    "is written anew by a summarizer with another %j",
    async (other) => {
      const { summarize } = setUp();
      await summarize(new ScriptedSummarizer());
      expect((await summarize(new ScriptedSummarizer(other))).cache.status).toBe("miss");
    },
  );

  it("does not depend on the ids of the themes", async () => {
    const { summarize } = setUp();
    const summarizer = new ScriptedSummarizer();
    await summarize(summarizer);
    const themes = [{ ...money, id: "1" }, sleep];
    expect((await summarize(summarizer, { themes })).cache.status).toBe("hit");
  });

  it.each([
    ["the preferred summarizer", "24 hours", true, 24 * hourMs],
    ["a fallback", "5 minutes", false, hourMs / 12],
  ] as const)(
    "of %s is served for %s, or up to a tenth less",
    async (_, __, preferred, freshMs) => {
      const { clock, summarize } = setUp();
      const summarizer = new ScriptedSummarizer();
      await summarize(summarizer, { preferred });
      clock.advance(0.9 * freshMs - 1);
      expect((await summarize(summarizer, { preferred })).cache.status).toBe("hit");
      clock.advance(0.1 * freshMs + 1);
      expect((await summarize(summarizer, { preferred })).text).toBe("Summary 2.");
    },
  );

  it("is written anew on refresh, which replaces the stored one and is a miss", async () => {
    const { summarize } = setUp();
    const summarizer = new ScriptedSummarizer();
    await summarize(summarizer);
    expect(await summarize(summarizer, { mode: "refresh" })).toMatchObject({
      text: "Summary 2.",
      cache: { status: "miss", ageSeconds: null },
    });
    expect((await summarize(summarizer)).text).toBe("Summary 2.");
  });

  it("is neither looked up nor kept with no-store", async () => {
    const { store, summarize } = setUp();
    const summarizer = new ScriptedSummarizer();
    const { cache } = await summarize(summarizer, { mode: "no-store" });
    expect(cache).toEqual({ status: "bypass", ageSeconds: null });
    expect([store.reads, store.writes]).toEqual([[], []]);
  });

  it("that is an extract is neither looked up nor kept", async () => {
    const { store, summarize } = setUp();
    const summarizer = new ScriptedSummarizer({ source: "extractive" });
    await summarize(summarizer);
    expect(await summarize(summarizer)).toMatchObject({ asked: true, cache: { status: "miss" } });
    expect([store.reads, store.writes]).toEqual([[], []]);
  });

  it("that cannot be had leaves nothing behind", async () => {
    const { attempt, store } = setUp();
    const summarizer = new ScriptedSummarizer();
    summarizer.failure = { reason: "gemini_error", status: 500 };
    expect(await attempt(summarizer)).toEqual({ ok: false, failure: summarizer.failure });
    expect(store.writes).toEqual([]);
  });

  it("that was refused is not asked for again for 5 minutes, except on refresh", async () => {
    const { attempt, clock, moveOn, store } = setUp();
    const summarizer = new ScriptedSummarizer();
    summarizer.failure = { reason: "gemini_blocked" };
    await attempt(summarizer);
    expect(store.writes).toEqual([
      { key: expect.stringMatching(/^blocked:\d+:[0-9a-f]{64}$/), ttlSeconds: 300 },
    ]);
    summarizer.failure = null;
    clock.advance(299_999);
    moveOn();
    expect(await attempt(summarizer)).toEqual({
      ok: false,
      failure: { reason: "gemini_blocked", remembered: true },
    });
    expect(summarizer.calls).toBe(1);
    clock.advance(1);
    expect((await attempt(summarizer)).ok).toBe(true);
  });

  it("is looked for among the refused ones at the same time", async () => {
    const { store, summarize } = setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    store.held = promise;
    const summarized = summarize(new ScriptedSummarizer());
    await expect.poll(() => store.reads).toHaveLength(2);
    const kinds = new Set(store.reads.map((key) => key.split(":")[0]));
    expect(kinds).toEqual(new Set(["summary", "blocked"]));
    resolve();
    expect((await summarized).cache.status).toBe("miss");
  });

  it("is served while the summarizer cannot be asked, and written by nobody when it is not known", async () => {
    const { attempt, summarize } = setUp();
    const summarizer = new ScriptedSummarizer();
    await summarize(summarizer);
    summarizer.failure = { reason: "circuit_open" };
    expect((await summarize(summarizer)).cache.status).toBe("hit");
    expect(await attempt(summarizer, { language: "de" })).toEqual({
      ok: false,
      failure: { reason: "circuit_open" },
    });
  });

  it("is stored under a key that holds no word of the user", async () => {
    const { store, summarize } = setUp();
    await summarize(new ScriptedSummarizer());
    expect(store.writes[0]?.key).toMatch(/^summary:\d+:[0-9a-f]{64}$/);
  });

  it.each<[string, (entry: object) => unknown]>([
    ["no object", () => "Summary 0."],
    ["null", () => null],
    ["of another tenant", (entry) => ({ ...entry, tenant: "other" })],
    ["without a text", (entry) => ({ ...entry, text: 5 })],
    ["without a model", (entry) => ({ ...entry, model: null })],
    ["without times", (entry) => ({ ...entry, at: null, until: "later" })],
    ["from before its time", (entry) => ({ ...entry, until: 0 })],
    ["fresh for ever", (entry) => ({ ...entry, until: 1e15 })],
  ])("is written anew when the stored one cannot be trusted: %s", async (_, change) => {
    const { store, summarize, moveOn } = setUp();
    const summarizer = new ScriptedSummarizer();
    await summarize(summarizer);
    store.forge((entry) => change(entry as object));
    moveOn();
    expect((await summarize(summarizer)).text).toBe("Summary 2.");
  });
});
