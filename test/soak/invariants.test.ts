// Each invariant passes what is right and names what breaks it: one that sees nothing proves nothing.
import { describe, expect, it } from "vitest";
import { invariants, type Answer, type Case } from "./invariants.ts";
import type { Ask } from "./load.ts";

const theme = (id: string) => ({ id, label: id, description: "" });
const ask: Ask = {
  id: "soak-1",
  marker: "mark1x",
  text: "A text. That was mark1x.",
  themes: [theme("a"), theme("b"), theme("c")],
  sources: ["origin", "gemini", "lexical"],
  timeoutMs: 4_000,
  topK: 3,
  cache: "default",
  route: "/v1/rank",
};
const answer: Answer = {
  themes: [
    { id: "b", score: 90, rank: 1 },
    { id: "a", score: 40, rank: 2 },
    { id: "c", score: 2, rank: 3 },
  ],
  source: "origin",
  degraded: false,
  reason: null,
  cache: { status: "miss" },
  usage: { cost_usd: 0.75, calls: [{ cost_usd: 0.5 }, { cost_usd: 0.25 }] },
};
const good: Case = {
  ask,
  status: 200,
  answer,
  durationMs: 4_200,
  billed: { calls: 2, costUsd: 0.75 },
  stalledMs: 0,
  upstreamCalls: 6,
  alive: ["lexical"],
  knownToOrigin: true,
  originScores: { a: 40, b: 90, c: 2 },
};
const byGemini = { ...answer, source: "gemini", degraded: true, reason: "circuit_open" } as const;
const answered = (change: Partial<Answer>): Case => ({ ...good, answer: { ...answer, ...change } });
const broken = (subject: Case) =>
  Object.entries(invariants).flatMap(([name, judge]) => (judge(subject) === null ? [] : [name]));
const failed = { ...good, status: 503, answer: null };

describe("the invariants", () => {
  it.each<[string, Case]>([
    ["the origin's answer", good],
    [
      "the first top_k",
      { ...answered({ themes: answer.themes.slice(0, 2) }), ask: { ...ask, topK: 2 } },
    ],
    ["another ranker's answer, marked", { ...good, knownToOrigin: false, answer: byGemini }],
    [
      "another ranker's answer to a refresh",
      { ...good, ask: { ...ask, cache: "refresh" }, answer: byGemini },
    ],
    [
      "old scores, marked",
      {
        ...answered({ degraded: true, reason: "circuit_open", cache: { status: "stale" } }),
        knownToOrigin: false,
      },
    ],
    ["a 503 where nobody accepted is alive", { ...failed, ask: { ...ask, sources: ["origin"] } }],
    [
      "Gemini alone, where Gemini alone is accepted",
      {
        ...good,
        ask: { ...ask, sources: ["gemini"] },
        answer: { ...byGemini, degraded: false, reason: null },
      },
    ],
  ])("hold of %s", (_, subject) => {
    expect(broken(subject)).toEqual([]);
  });

  it.each<[string, string, Case]>([
    ["never 5xx while a ranker is alive", "a 503 with lexical accepted", failed],
    [
      "never 5xx while a ranker is alive",
      "a 504 with Gemini alive",
      { ...failed, status: 504, alive: ["gemini"], ask: { ...ask, sources: ["origin", "gemini"] } },
    ],
    [
      "never 5xx while a ranker is alive",
      "a 500, whoever is alive",
      { ...failed, status: 500, alive: [] },
    ],
    ["never 5xx while a ranker is alive", "no answer at all", { ...failed, status: null }],
    ["never 5xx while a ranker is alive", "a refusal of what is valid", { ...failed, status: 422 }],
    ["never later than deadline + 200 ms", "201 ms too late", { ...good, durationMs: 4_201 }],
    [
      "never later than deadline + 200 ms",
      "later than the machine stood still",
      { ...good, durationMs: 4_251, stalledMs: 50 },
    ],
    ["never later than deadline + 200 ms", "no event line", { ...good, durationMs: null }],
    ["every theme exactly once", "a theme less", answered({ themes: answer.themes.slice(0, 2) })],
    [
      "every theme exactly once",
      "a theme twice",
      answered({ themes: answer.themes.map((each) => ({ ...each, id: "a", score: 40 })) }),
    ],
    [
      "every theme exactly once",
      "another theme",
      {
        ...answered({ themes: answer.themes.map((each) => ({ ...each, id: `${each.id}2` })) }),
        originScores: { a2: 40, b2: 90, c2: 2 },
      },
    ],
    [
      "every theme exactly once",
      "no number",
      {
        ...answered({ themes: answer.themes.map((each) => ({ ...each, score: Number.NaN })) }),
        originScores: { a: 0, b: 0, c: 0 },
      },
    ],
    ["every theme exactly once", "another order", answered({ themes: answer.themes.toReversed() })],
    [
      "degraded is labelled",
      "another ranker, unmarked",
      { ...good, knownToOrigin: false, answer: { ...byGemini, degraded: false, reason: null } },
    ],
    [
      "degraded is labelled",
      "a mark without a reason",
      { ...good, knownToOrigin: false, answer: { ...byGemini, reason: null } },
    ],
    ["degraded is labelled", "old scores, unmarked", answered({ cache: { status: "stale" } })],
    [
      "degraded is labelled",
      "a mark on a good answer",
      { ...answered({ degraded: true, reason: "circuit_open" }), knownToOrigin: false },
    ],
    [
      "degraded is labelled",
      "a ranker that was not accepted",
      { ...good, knownToOrigin: false, answer: byGemini, ask: { ...ask, sources: ["origin"] } },
    ],
    ["upstream calls <= 6", "seven", { ...good, upstreamCalls: 7 }],
    [
      "receipts and events add up",
      "a receipt that is not the sum",
      answered({ usage: { ...answer.usage, cost_usd: 0.5 } }),
    ],
    [
      "receipts and events add up",
      "an unknown price in a known sum",
      answered({ usage: { cost_usd: 0.75, calls: [{ cost_usd: null }, { cost_usd: 0.75 }] } }),
    ],
    [
      "receipts and events add up",
      "an event with a call less",
      { ...good, billed: { calls: 1, costUsd: 0.75 } },
    ],
    [
      "receipts and events add up",
      "an event with another price",
      { ...good, billed: { calls: 2, costUsd: 0.5 } },
    ],
    ["receipts and events add up", "an event without a bill", { ...good, billed: null }],
    [
      "receipts and events add up",
      "a call that is on no bill",
      {
        ...answered({ usage: { cost_usd: 0, calls: [] } }),
        billed: { calls: 0, costUsd: 0 },
        upstreamCalls: 1,
      },
    ],
    [
      "no degraded answer cached over a good one",
      "another ranker over known scores",
      { ...good, answer: byGemini },
    ],
    [
      "no degraded answer cached over a good one",
      "another ranker's scores as the origin's",
      { ...good, knownToOrigin: false, originScores: { a: 60, b: 10, c: 98 } },
    ],
  ])("%s: broken by %s, and none else is", (name, _, subject) => {
    const named = broken(subject);
    expect(named).toContain(name);
    // A theme that is not there has no origin's score either.
    expect(named.filter((each) => each !== name && !each.startsWith("no degraded"))).toEqual([]);
  });
});
