// Guarantees of the pipeline: order, cuts, failover and what may leave the house.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CacheKeys } from "../../gateway/cache/key.ts";
import { SummaryCache } from "../../gateway/cache/summary-cache.ts";
import { ThemeCache } from "../../gateway/cache/theme-cache.ts";
import { CallLog } from "../../gateway/core/call-log.ts";
import type { RankerSource, SummarizerSource } from "../../gateway/core/domain.ts";
import { fail, ok, type Failure, type Result } from "../../gateway/core/failure.ts";
import type { Deadline, Ranker, Summarizer } from "../../gateway/core/ports.ts";
import {
  analyze,
  rank,
  type AnalyzeQuery,
  type Caller,
  type Pipeline,
} from "../../gateway/pipeline.ts";
import { createSingleFlight } from "../../gateway/resilience/single-flight.ts";
import { ManualClock } from "./support/manual-clock.ts";
import { MemoryCache } from "./support/memory-cache.ts";
import { money, sleep, theme, work } from "./support/theme.ts";

const usage = { promptTokens: 10, completionTokens: 1, costUsd: null };

function ranker(source: RankerSource, given: readonly number[] | Failure): Ranker {
  return {
    source,
    model: source,
    scope: "set",
    version: "1",
    rank: ({ themes }) => {
      if ("reason" in given) return Promise.resolve(fail(given));
      const scores = themes.map((_, index) => ({ value: given[index] ?? 0, confidence: null }));
      return Promise.resolve(ok({ scores, model: `${source}-1`, usage }));
    },
  };
}

function summarizer(source: SummarizerSource, failure?: Failure): Summarizer {
  return {
    source,
    model: source,
    version: "1",
    summarize: ({ themes }) =>
      Promise.resolve(
        failure
          ? fail(failure)
          : ok({ text: themes.map(({ id }) => id).join(" "), model: `${source}-1`, usage }),
      ),
  };
}

function pipelineOf(
  rankers: readonly Ranker[],
  summarizers: readonly Summarizer[] = [summarizer("gemini")],
): Pipeline {
  const clock = new ManualClock();
  const [store, keys] = [new MemoryCache(clock), new CacheKeys("pepper")];
  return {
    rankers,
    summarizers,
    themeCache: new ThemeCache(store, keys, clock, createSingleFlight(clock)),
    summaryCache: new SummaryCache(store, keys, clock, createSingleFlight(clock)),
    evidence: (_, themes) => themes.map((__, index) => [{ start: index, end: index + 1 }]),
    clock,
    allowance: null,
  };
}

const query: AnalyzeQuery = {
  text: "The rent is due.",
  themes: [money, sleep, work],
  mode: "default",
  topK: 100,
  minScore: 0,
  sources: ["origin", "gemini", "lexical"],
  maxThemes: 5,
  language: null,
  evidence: false,
};
const caller: Caller = {
  tenant: "acme",
  egress: "any",
  startedMs: new ManualClock().nowMs(),
  budgetMs: 15_000,
  calls: new CallLog(),
  // Nothing here reads what was stored.
  defer: () => {},
  report: () => {},
};

async function ranked(pipeline: Pipeline, change: Partial<AnalyzeQuery> = {}, by = caller) {
  const outcome = await rank(pipeline, { ...query, ...change }, by);
  if (!outcome.ok) expect.fail(JSON.stringify(outcome.failure));
  return { ...outcome.value, ids: outcome.value.themes.map(({ theme: { id } }) => id) };
}

describe("a ranking", () => {
  it("has the highest score first, ranks from 1, scores to one decimal", async () => {
    const { themes } = await ranked(pipelineOf([ranker("origin", [3.456, 87.44, 50])]));
    expect(themes).toEqual([
      { theme: sleep, score: 87.4, rank: 1, confidence: null },
      { theme: work, score: 50, rank: 2, confidence: null },
      { theme: money, score: 3.5, rank: 3, confidence: null },
    ]);
  });

  it("is in the order of the unrounded scores; ties keep the order of the request", async () => {
    const close = await ranked(pipelineOf([ranker("origin", [50.01, 50.02, 50.0])]));
    expect(close.ids).toEqual(["sleep", "money", "work"]);
    expect(new Set(close.themes.map(({ score }) => score))).toEqual(new Set([50]));
    const tied = await ranked(pipelineOf([ranker("origin", [7, 7, 7])]));
    expect(tied.ids).toEqual(["money", "sleep", "work"]);
  });

  it("returns top_k themes, all when there are fewer, but scores every one", async () => {
    const pipeline = pipelineOf([ranker("origin", [1, 2, 3])]);
    const { ids, scores, cache } = await ranked(pipeline, { topK: 1 });
    expect(ids).toEqual(["work"]);
    expect(scores).toEqual([1, 2, 3]);
    expect(cache.ranked).toBe(3);
    expect((await ranked(pipeline, { topK: 100 })).ids).toHaveLength(3);
  });

  it("leaves out themes below min_score, as the caller sees their scores", async () => {
    const pipeline = pipelineOf([ranker("origin", [49.94, 49.96, 50])]);
    expect((await ranked(pipeline, { minScore: 50 })).ids).toEqual(["work", "sleep"]);
    expect((await ranked(pipeline, { minScore: 51 })).ids).toEqual([]);
  });

  it("holds each theme once, in falling order, whatever the scores", async () => {
    const scores = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), {
      minLength: 1,
      maxLength: 100,
    });
    await fc.assert(
      fc.asyncProperty(scores, async (values) => {
        const themes = values.map((_, index) => theme(`T${index}`));
        const outcome = await ranked(pipelineOf([ranker("origin", values)]), { themes });
        expect(new Set(outcome.ids).size).toBe(values.length);
        const order = outcome.themes.map(({ score }) => score);
        expect(order).toEqual(order.toSorted((a, b) => b - a));
        expect(outcome.scores).toEqual(values);
      }),
    );
  });

  it("comes from one ranker, and names why the first one did not give it", async () => {
    const failing = ranker("origin", { reason: "origin_error", status: 500 });
    const pipeline = pipelineOf([failing, ranker("gemini", [1, 2, 3])]);
    const { source, model, reason, attempts } = await ranked(pipeline);
    expect({ source, model, reason }).toEqual({
      source: "gemini",
      model: "gemini-1",
      reason: "origin_error",
    });
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["failed", "ok"]);
  });

  it("asks accepted rankers only, in the deployment's order, and is not degraded by the others", async () => {
    const pipeline = pipelineOf([
      ranker("origin", [1]),
      ranker("gemini", [2]),
      ranker("lexical", [3]),
    ]);
    const { source, reason } = await ranked(pipeline, { sources: ["lexical", "gemini"] });
    expect({ source, reason }).toEqual({ source: "gemini", reason: null });
  });

  it.each(["summary", "none"] as const)("never reaches Gemini with egress %s", async (egress) => {
    const pipeline = pipelineOf([ranker("gemini", [1]), ranker("lexical", [2])]);
    const { source, reason, attempts } = await ranked(pipeline, {}, { ...caller, egress });
    expect({ source, reason }).toEqual({ source: "lexical", reason: "egress" });
    expect(attempts[0]).toMatchObject({ source: "gemini", outcome: "skipped" });
  });

  it("lets a ranker take 60 % of what is left while another one that needs time stands behind it", async () => {
    const spare: number[] = [];
    const failing: Ranker = {
      ...ranker("origin", []),
      rank: (_, deadline) => {
        spare.push(deadline.spareMs());
        return Promise.resolve(fail({ reason: "origin_unreachable" }));
      },
    };
    const words = ranker("lexical", [1]);
    const pipeline = pipelineOf([failing, { ...failing, source: "gemini" }, words]);
    const by = { ...caller, startedMs: pipeline.clock.nowMs() - 400, budgetMs: 1_550 };
    await rank(pipeline, query, by);
    expect(spare).toEqual([600, 1_000]);
    // Whoever may not be asked needs no time.
    await rank(pipeline, query, { ...by, startedMs: pipeline.clock.nowMs() - 400, egress: "none" });
    expect(spare[2]).toBe(1_000);
  });

  it("of a ranker that cannot be asked now serves what is known of it, and else goes on to the next", async () => {
    const deferred: Promise<void>[] = [];
    const by = { ...caller, defer: (late: Promise<void>) => void deferred.push(late) };
    const open = pipelineOf([ranker("origin", [1, 2, 3]), ranker("gemini", [4, 5, 6])]);
    const broken: Pipeline = {
      ...open,
      rankers: [ranker("origin", { reason: "circuit_open" }), ranker("gemini", [4, 5, 6])],
    };
    const unknown = await ranked(broken, {}, by);
    expect(unknown).toMatchObject({
      source: "gemini",
      reason: "circuit_open",
      attempts: [
        { source: "origin", outcome: "skipped", reason: "circuit_open" },
        { source: "gemini", outcome: "ok" },
      ],
    });
    await ranked(open, {}, by);
    await Promise.all(deferred);
    const known = await ranked(broken, {}, by);
    expect(known).toMatchObject({
      source: "origin",
      reason: null,
      attempts: [],
      cache: { status: "hit" },
    });
  });

  it("that nobody gives tells every failure", async () => {
    const pipeline = pipelineOf([
      ranker("origin", { reason: "origin_unreachable" }),
      ranker("gemini", { reason: "gemini_blocked" }),
    ]);
    expect(await rank(pipeline, query, caller)).toMatchObject({
      ok: false,
      failure: { failures: [{ reason: "origin_unreachable" }, { reason: "gemini_blocked" }] },
    });
  });
});

describe("an analysis", () => {
  const scored = ranker("origin", [1, 3, 2]);

  async function analyzed(
    pipeline: Pipeline,
    change: Partial<AnalyzeQuery> = {},
    by: Caller = caller,
  ) {
    const outcome = await analyze(pipeline, { ...query, ...change }, by);
    if (!outcome.ok) expect.fail("no ranking");
    return outcome.value;
  }

  it("summarises around the first themes, most relevant first", async () => {
    const { summary } = await analyzed(pipelineOf([scored]), { maxThemes: 2 });
    expect(summary).toMatchObject({
      written: { text: "sleep work", source: "gemini", model: "gemini-1" },
      themeIds: ["sleep", "work"],
      reason: null,
    });
  });

  it("has one bill: the ranking's and the summary's calls, failed ones too", async () => {
    const to = { source: "gemini", model: "flash", paid: true } as const;
    /** Makes its call as adapters do, then answers as `base` does. */
    const billed = <A>(deadline: Deadline, base: () => Promise<Result<A>>) => {
      const stage = deadline.stage(1_000);
      if (!stage.ok) return Promise.resolve(stage);
      return stage.value.call(to, (call) => {
        call.usage = usage;
        return base();
      });
    };
    const down = ranker("gemini", { reason: "gemini_blocked" });
    const own = ranker("origin", [10, 90, 50]);
    const writer = summarizer("gemini");
    const pipeline = pipelineOf(
      [down, own].map((each) => ({
        ...each,
        rank: (request, deadline) => billed(deadline, () => each.rank(request, deadline)),
      })),
      [
        {
          ...writer,
          summarize: (request, deadline) =>
            billed(deadline, () => writer.summarize(request, deadline)),
        },
      ],
    );
    const found = await analyzed(pipeline, {}, { ...caller, calls: new CallLog() });
    expect(found.ranking.usage).toMatchObject({ promptTokens: 20, completionTokens: 2 });
    expect(found.usage).toMatchObject({ promptTokens: 30, completionTokens: 3, costUsd: null });
    expect(found.usage.calls.map(({ reason }) => reason)).toEqual(["gemini_blocked", null, null]);
  });

  it("summarises no theme that is not returned", async () => {
    const { summary } = await analyzed(pipelineOf([scored]), { topK: 1 });
    expect(summary.themeIds).toEqual(["sleep"]);
  });

  it("has no summary, and asks for none, when no theme is returned", async () => {
    const { summary } = await analyzed(pipelineOf([scored]), { minScore: 99 });
    expect(summary).toMatchObject({ written: null, themeIds: [], attempts: [], reason: null });
  });

  it("stands without a summary when none can be had", async () => {
    const pipeline = pipelineOf([scored], [summarizer("gemini", { reason: "gemini_blocked" })]);
    const { ranking, summary } = await analyzed(pipeline);
    expect(ranking.source).toBe("origin");
    expect(summary).toMatchObject({ written: null, reason: "gemini_blocked" });
  });

  it("lets Gemini summarise with egress summary, and not with none", async () => {
    const pipeline = pipelineOf([scored], [summarizer("gemini"), summarizer("extractive")]);
    const wrote = async (egress: Caller["egress"]) =>
      (await analyzed(pipeline, { mode: "no-store" }, { ...caller, egress })).summary.written
        ?.source;
    expect(await wrote("summary")).toBe("gemini");
    expect(await wrote("none")).toBe("extractive");
  });

  it("names evidence for the summarised themes alone, and only when asked", async () => {
    const { ranking } = await analyzed(pipelineOf([scored]), { evidence: true, maxThemes: 2 });
    expect(ranking.themes.map(({ evidence }) => evidence)).toEqual([
      [{ start: 0, end: 1 }],
      [{ start: 1, end: 2 }],
      undefined,
    ]);
    const plain = await analyzed(pipelineOf([scored]));
    expect(plain.ranking.themes[0]).not.toHaveProperty("evidence");
  });

  it("fails when the ranking does", async () => {
    const pipeline = pipelineOf([ranker("origin", { reason: "origin_unreachable" })]);
    expect((await analyze(pipeline, query, caller)).ok).toBe(false);
  });
});
