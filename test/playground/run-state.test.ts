// The run under way and the last answer: what follows what.
import { describe, expect, it } from "vitest";
import { noticeOf } from "../../gateway/playground/notice.js";
import { initialState, next } from "../../gateway/playground/run-state.js";

type Event = Parameters<typeof next>[1];
type Answered<S extends Event["step"]> = Extract<Event, { step: S }>;

const usage = {
  prompt_tokens: null,
  completion_tokens: null,
  cost_usd: null,
  saved_usd: null,
  calls: [],
};
const ranking: Answered<"ranking">["ranking"] = {
  id: "req_1",
  themes: [],
  source: "origin",
  model: "llama",
  degraded: false,
  reason: null,
  cache: { status: "miss", known: 0, ranked: 2, age_s: null },
  attempts: [],
  usage,
  processing_time_ms: 5,
};
const summary: Answered<"summary">["summary"] = {
  text: "All of it.",
  status: "complete",
  source: "gemini",
  model: "g",
  theme_ids: [],
  cache: { status: "miss", age_s: null },
  reason: null,
};
const asked = { body: {}, text: "t", rows: [], question: "q" };

const started: Event = { step: "started", asked };
const ranked: Event = { step: "ranking", ranking, metrics: [] };
const delta = (text: string): Event => ({ step: "delta", text });
const done: Event = { step: "done", done: { usage, processing_time_ms: 9 } };
const failed = (kind: "cancelled" | "offline" | "cut"): Event => ({
  step: "failed",
  failure: { kind },
});

/** Each event 10 ms after the one before. */
const after = (...events: Event[]) =>
  events.reduce((state, event, index) => next(state, event, (index + 1) * 10), initialState);

describe("a run", () => {
  it("shows the ranking before the summary, whose final text replaces what was read along", () => {
    expect(after(started).phase).toBe("ranking");
    const writing = after(started, ranked, delta("All "), delta("of"));
    expect(writing.phase).toBe("summarising");
    expect(writing.answer).toMatchObject({
      summaryText: "All of",
      summaryPhase: "pending",
      rankedMs: 10,
    });
    const ended = after(started, ranked, delta("Other"), { step: "summary", summary }, done);
    expect(ended.phase).toBe("done");
    expect(ended.answer).toMatchObject({
      summaryText: "All of it.",
      summaryPhase: "complete",
      summarisedMs: 30,
    });
  });

  it("that fails leaves the answer before it", () => {
    const state = after(
      started,
      ranked,
      { step: "summary", summary },
      done,
      started,
      failed("offline"),
    );
    expect(state.phase).toBe("failed");
    expect(state.answer?.summaryText).toBe("All of it.");
    expect(noticeOf(state, 2)?.text).toContain("The last result stays below.");
  });

  it("that is cut keeps its ranking and what there is of the summary", () => {
    const state = after(started, ranked, delta("All"), failed("cut"));
    expect(state.answer).toMatchObject({ summaryPhase: "cut", summaryText: "All" });
  });

  it("that is repeated shows the time of the run that was not served by the cache", () => {
    const hit: Event = {
      ...ranked,
      ranking: { ...ranking, cache: { ...ranking.cache, status: "hit" } },
    };
    const events = [started, ranked, done, started, hit, done];
    expect(after(...events).answer?.earlier).toMatchObject({
      rankedMs: 10,
      ranking: { cache: { status: "miss" } },
    });
    expect(after(...events, started, hit).answer?.earlier?.ranking.cache.status).toBe("miss");
    const other: Event = { step: "started", asked: { ...asked, question: "another" } };
    expect(after(...events, other, hit).answer?.earlier).toBeNull();
  });
});
