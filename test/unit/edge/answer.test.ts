// Guarantees of the answers on the wire.
import { describe, expect, it } from "vitest";
import { toAnalyzeAnswer, toRankAnswer } from "../../../gateway/edge/answer.ts";
import type { SummaryOutcome } from "../../../gateway/core/outcome.ts";
import { ranking } from "../support/outcome.ts";

const receipt = { requestId: "req_1", usage: ranking.usage, processingTimeMs: 3_130 };

describe("a rank answer", () => {
  it("is this JSON", () => {
    expect(toRankAnswer(ranking, receipt)).toEqual({
      id: "req_1",
      themes: [
        { id: "sleep", label: "Sleep", score: 87.4, rank: 1, confidence: 0.935 },
        { id: "money", label: "Money", score: 3.5, rank: 2, confidence: null },
      ],
      source: "gemini",
      model: "flash",
      degraded: true,
      reason: "origin_timeout",
      cache: { status: "miss", known: 0, ranked: 2, age_s: null },
      attempts: [
        { source: "origin", outcome: "failed", reason: "origin_timeout", duration_ms: 2_500 },
        { source: "gemini", outcome: "ok", reason: null, duration_ms: 610 },
      ],
      usage: {
        prompt_tokens: 812,
        completion_tokens: null,
        cost_usd: null,
        saved_usd: 0,
        calls: [
          {
            source: "gemini",
            model: "flash",
            reason: null,
            duration_ms: 605,
            prompt_tokens: 812,
            completion_tokens: null,
            cost_usd: null,
          },
        ],
      },
      processing_time_ms: 3_130,
    });
  });

  it("is not degraded without a reason", () => {
    const answer = toRankAnswer({ ...ranking, reason: null }, receipt);
    expect(answer).toMatchObject({ degraded: false, reason: null });
  });

  it("gives money without the last digits, which are the computer's own", () => {
    const usage = { ...ranking.usage, costUsd: 0.1 + 0.2, savedUsd: 1 / 3_000_000 };
    const answer = toRankAnswer(ranking, { ...receipt, usage });
    expect(answer.usage).toMatchObject({ cost_usd: 0.3, saved_usd: 3.33333333e-7 });
  });

  it("says how old what it serves is", () => {
    const cache = { status: "hit", known: 2, ranked: 0, ageSeconds: 5 } as const;
    expect(toRankAnswer({ ...ranking, cache }, receipt).cache.age_s).toBe(5);
  });

  it("carries evidence where there is some", () => {
    const [first, second] = ranking.themes;
    if (!first || !second) expect.fail("no themes");
    const themes = [{ ...first, evidence: [{ start: 0, end: 5 }] }, second];
    const answer = toRankAnswer({ ...ranking, themes }, receipt);
    expect(answer.themes[0]?.evidence).toEqual([{ start: 0, end: 5 }]);
    expect(answer.themes[1]).not.toHaveProperty("evidence");
  });
});

describe("an analyze answer", () => {
  const summary: SummaryOutcome = {
    written: { text: "In short.", source: "gemini", model: "flash" },
    themeIds: ["sleep"],
    cache: { status: "hit", ageSeconds: 7 },
    attempts: [],
    reason: null,
  };

  it("is the rank answer with the summary", () => {
    expect(toAnalyzeAnswer(ranking, summary, receipt)).toEqual({
      ...toRankAnswer(ranking, receipt),
      summary: {
        text: "In short.",
        status: "complete",
        source: "gemini",
        model: "flash",
        theme_ids: ["sleep"],
        cache: { status: "hit", age_s: 7 },
        reason: null,
      },
    });
  });

  it("says that a summary cannot be had, and why", () => {
    const missed: SummaryOutcome = { ...summary, written: null, reason: "gemini_quota" };
    expect(toAnalyzeAnswer(ranking, missed, receipt).summary).toMatchObject({
      text: null,
      status: "unavailable",
      source: null,
      model: null,
      reason: "gemini_quota",
    });
  });
});
