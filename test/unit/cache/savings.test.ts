// Guarantees of what the cache says it has saved.
import { describe, expect, it } from "vitest";
import { CacheKeys } from "../../../gateway/cache/key.ts";
import { SummaryCache } from "../../../gateway/cache/summary-cache.ts";
import { ThemeCache } from "../../../gateway/cache/theme-cache.ts";
import { CallLog } from "../../../gateway/core/call-log.ts";
import type { Theme } from "../../../gateway/core/domain.ts";
import { fail, ok, type Result } from "../../../gateway/core/failure.ts";
import type { CacheMode } from "../../../gateway/core/outcome.ts";
import type { Deadline, Ranker, Summarizer } from "../../../gateway/core/ports.ts";
import { createDeadline } from "../../../gateway/resilience/deadline.ts";
import { createSingleFlight } from "../../../gateway/resilience/single-flight.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryCache } from "../support/memory-cache.ts";
import { money, sleep, work } from "../support/theme.ts";

const dollar = { promptTokens: 1_000_000, completionTokens: 0, costUsd: null };

/** One call of a dollar, as an adapter makes it. */
async function pay<T>(deadline: Deadline, answer: T, isDown = false): Promise<Result<T>> {
  const stage = deadline.stage(1_000);
  if (!stage.ok) return stage;
  return stage.value.call({ source: "gemini", model: "flash", paid: true }, (call) => {
    if (isDown) return Promise.resolve(fail({ reason: "gemini_error", status: 500 }));
    call.usage = dollar;
    return Promise.resolve(ok(answer));
  });
}

function setUp({ price = 1 }: { price?: number | null } = {}) {
  const clock = new ManualClock();
  const store = new MemoryCache(clock);
  const keys = new CacheKeys("pepper");
  const prices = {
    models: new Map(price === null ? [] : [["flash", { input: price, output: 0 }]]),
    originHourlyUsd: null,
  };
  const state = { isDown: false };
  const ranker: Ranker = {
    source: "origin",
    model: "llama",
    scope: "pair",
    version: "1",
    rank: ({ themes }, deadline) => {
      const scores = themes.map(() => ({ value: 50, confidence: null }));
      return pay(deadline, { scores, model: "llama", usage: dollar }, state.isDown);
    },
  };
  const summarizer: Summarizer = {
    source: "gemini",
    model: "flash",
    version: "1",
    summarize: (_, deadline) => pay(deadline, { text: "Short.", model: "flash", usage: dollar }),
  };
  const themeCache = new ThemeCache(store, keys, clock, createSingleFlight(clock));
  const summaryCache = new SummaryCache(store, keys, clock, createSingleFlight(clock));
  const visit = (log: CallLog, deferred: Promise<void>[], mode: CacheMode) => ({
    tenant: "acme",
    epoch: 0,
    mode,
    preferred: true,
    text: "The rent is due.",
    deadline: createDeadline(clock, clock.nowMs(), 10_000, {
      calls: log,
      pay: () => Promise.resolve(null),
    }),
    gate: () => null,
    defer: (late: Promise<void>) => void deferred.push(late),
    report: () => {},
  });
  const ask = async (
    act: (given: ReturnType<typeof visit>) => Promise<unknown>,
    mode: CacheMode,
  ) => {
    // KV takes one write a second and key.
    clock.advance(2_000);
    const [log, deferred] = [new CallLog({ prices }), [] as Promise<void>[]];
    await act(visit(log, deferred, mode));
    await Promise.all(deferred);
    const { costUsd, savedUsd } = log.bill;
    return { costUsd, savedUsd };
  };
  return {
    clock,
    state,
    rank: (themes: readonly Theme[], mode: CacheMode = "default") =>
      ask((given) => themeCache.rank(ranker, { ...given, themes }), mode),
    summarize: (mode: CacheMode = "default") =>
      ask(
        (given) =>
          summaryCache.summarize(summarizer, { ...given, themes: [money], language: null }),
        mode,
      ),
  };
}

describe("what a ranking saved", () => {
  it("is nothing for a miss, and for a hit what its themes had cost, while the hit itself costs 0", async () => {
    const { rank } = setUp();
    expect(await rank([money, sleep])).toEqual({ costUsd: 1, savedUsd: 0 });
    expect(await rank([money, sleep])).toEqual({ costUsd: 0, savedUsd: 1 });
    expect(await rank([sleep])).toEqual({ costUsd: 0, savedUsd: 0.5 });
  });

  it("is the known themes' part where some were new", async () => {
    const { rank } = setUp();
    await rank([money, sleep]);
    expect(await rank([money, work])).toEqual({ costUsd: 1, savedUsd: 0.5 });
    expect(await rank([money, sleep, work])).toEqual({ costUsd: 0, savedUsd: 2 });
  });

  it("is nothing for who refreshes or stores nothing", async () => {
    const { rank } = setUp();
    await rank([money]);
    expect(await rank([money], "refresh")).toEqual({ costUsd: 1, savedUsd: 0 });
    expect(await rank([money], "no-store")).toEqual({ costUsd: 1, savedUsd: 0 });
  });

  it("is what another's call cost for those who followed it", async () => {
    const { rank } = setUp();
    const bills = await Promise.all([rank([money]), rank([money]), rank([money])]);
    expect(bills).toEqual([
      { costUsd: 1, savedUsd: 0 },
      { costUsd: 0, savedUsd: 1 },
      { costUsd: 0, savedUsd: 1 },
    ]);
  });

  it("is what stale scores had cost, where they stand in for a ranker that fails", async () => {
    const { rank, clock, state } = setUp();
    await rank([money]);
    clock.advance(25 * 3_600_000);
    state.isDown = true;
    expect(await rank([money])).toEqual({ costUsd: 0, savedUsd: 1 });
  });

  it("is not known where the price was not known", async () => {
    const { rank } = setUp({ price: null });
    expect(await rank([money])).toEqual({ costUsd: null, savedUsd: 0 });
    expect(await rank([money])).toEqual({ costUsd: 0, savedUsd: null });
  });
});

describe("what a summary saved", () => {
  it("is what it had cost", async () => {
    const { summarize } = setUp();
    expect(await summarize()).toEqual({ costUsd: 1, savedUsd: 0 });
    expect(await summarize()).toEqual({ costUsd: 0, savedUsd: 1 });
    expect(await summarize("refresh")).toEqual({ costUsd: 1, savedUsd: 0 });
  });
});
