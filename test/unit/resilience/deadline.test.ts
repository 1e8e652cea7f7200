// Guarantees of the one deadline of a request.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CallLog } from "../../../gateway/core/call-log.ts";
import { fail, ok } from "../../../gateway/core/failure.ts";
import { createDeadline } from "../../../gateway/resilience/deadline.ts";
import { ManualClock } from "../support/manual-clock.ts";

function start(budgetMs: number, usedMs = 0) {
  const clock = new ManualClock();
  const deadline = createDeadline(clock, clock.nowMs(), budgetMs);
  clock.advance(usedMs);
  return { clock, deadline };
}

describe("a deadline", () => {
  it("counts from the request's arrival, less the reserve for the answer, down to zero", () => {
    const { clock, deadline } = start(1_000, 400);
    expect(deadline.spareMs()).toBe(450);
    clock.advance(700);
    expect(deadline.spareMs()).toBe(0);
  });

  it("in part leaves the rest of what is left to others, now and later", () => {
    const { clock, deadline } = start(10_150, 0);
    const part = deadline.part(0.6);
    expect([part.spareMs(), deadline.spareMs()]).toEqual([6_000, 10_000]);
    expect(part.stage(9_000)).toMatchObject({
      ok: true,
      value: { budgetMs: 6_000, limit: "deadline" },
    });
    clock.advance(6_000);
    expect([part.spareMs(), deadline.spareMs()]).toEqual([0, 4_000]);
  });

  it("counts the time spent before it was made", () => {
    const clock = new ManualClock();
    const startedMs = clock.nowMs();
    clock.advance(250);
    expect(createDeadline(clock, startedMs, 1_000).spareMs()).toBe(600);
  });

  it("gives a stage its own cap while the budget is larger, and says so", () => {
    const stage = start(15_000).deadline.stage(2_500);
    expect(stage).toMatchObject({ ok: true, value: { budgetMs: 2_500, limit: "cap" } });
  });

  it("gives a stage what is left less the reserve for the answer, and says so", () => {
    const stage = start(15_000, 13_000).deadline.stage(2_500);
    expect(stage).toMatchObject({ ok: true, value: { budgetMs: 1_850, limit: "deadline" } });
  });

  it("names the cap as the limit when both are equal", () => {
    const stage = start(2_650).deadline.stage(2_500);
    expect(stage).toMatchObject({ ok: true, value: { budgetMs: 2_500, limit: "cap" } });
  });

  it("starts no stage that would have less than 300 ms after the reserve of 150 ms", () => {
    expect(start(1_000, 551).deadline.stage(2_500)).toEqual({
      ok: false,
      failure: { reason: "deadline" },
    });
    expect(start(1_000, 550).deadline.stage(2_500)).toMatchObject({
      ok: true,
      value: { budgetMs: 300 },
    });
  });

  it("starts no stage after it is over", () => {
    expect(start(1_000, 5_000).deadline.stage(10).ok).toBe(false);
  });

  it("aborts a stage's signal when the stage's time is over and not before", () => {
    const { clock, deadline } = start(15_000);
    const stage = deadline.stage(2_500);
    if (!stage.ok) expect.fail("no stage");
    clock.advance(2_499);
    expect(stage.value.signal.aborted).toBe(false);
    clock.advance(1);
    expect(stage.value.signal.aborted).toBe(true);
  });

  it("never lets a stage run past the request's budget", () => {
    const ms = fc.integer({ min: 0, max: 40_000 });
    fc.assert(
      fc.property(ms, ms, ms, (budgetMs, usedMs, capMs) => {
        const stage = start(budgetMs, usedMs).deadline.stage(capMs);
        if (!stage.ok) return;
        expect(usedMs + stage.value.budgetMs).toBeLessThan(budgetMs);
        expect(stage.value.budgetMs).toBeLessThanOrEqual(capMs);
      }),
    );
  });
});

const origin = { source: "origin", model: "theme-ranker", paid: false } as const;
const gemini = { source: "gemini", model: "flash", paid: true } as const;
const answered = () => Promise.resolve(ok("answer"));

describe("a stage's paid calls", () => {
  it("are asked for with the stage's own time, through every share of the deadline", async () => {
    const clock = new ManualClock();
    const asked: number[] = [];
    const pay = (budgetMs: number) => {
      asked.push(budgetMs);
      return Promise.resolve({ reason: "budget_spent", retryAfterSeconds: 7 } as const);
    };
    const calls = new CallLog();
    const whole = createDeadline(clock, clock.nowMs(), 10_150, { calls, pay });
    for (const deadline of [whole, whole.part(0.5), whole.part(0.5).part(0.5)]) {
      const stage = deadline.stage(6_000);
      if (!stage.ok) expect.fail(stage.failure.reason);
      // oxlint-disable-next-line no-await-in-loop -- in this order
      expect(await stage.value.call(gemini, answered)).toEqual(
        fail({ reason: "budget_spent", retryAfterSeconds: 7 }),
      );
      // oxlint-disable-next-line no-await-in-loop -- in this order
      expect(await stage.value.call(origin, answered)).toEqual(ok("answer"));
    }
    expect(asked).toEqual([6_000, 5_000, 2_500]);
    expect(calls.calls.map(({ source }) => source)).toEqual(["origin", "origin", "origin"]);
  });

  it("are all allowed where nobody counts", async () => {
    const clock = new ManualClock();
    const stage = createDeadline(clock, clock.nowMs(), 10_000).stage(1_000);
    expect(stage.ok && (await stage.value.call(gemini, answered))).toEqual(ok("answer"));
  });
});

describe("a request's calls to upstreams", () => {
  it("are six at most, through every share of its deadline, and the seventh is neither paid nor made", async () => {
    const clock = new ManualClock();
    let paid = 0;
    const pay = () => {
      paid += 1;
      return Promise.resolve(null);
    };
    const whole = createDeadline(clock, clock.nowMs(), 10_150, { calls: new CallLog(), pay });
    const stages = [whole, whole.part(0.5)].map((deadline) => deadline.stage(6_000));
    const answers = [];
    for (let count = 0; count < 8; count += 1) {
      const stage = stages[count % 2];
      if (!stage?.ok) expect.fail("no stage");
      // oxlint-disable-next-line no-await-in-loop -- in this order
      answers.push(await stage.value.call(gemini, answered));
    }
    expect(answers.map(({ ok: good }) => good)).toEqual([...Array(6).fill(true), false, false]);
    expect(answers.at(-1)).toEqual(fail({ reason: "call_limit" }));
    expect(paid).toBe(6);
  });

  it("leave room for the probes that they bring about, once", () => {
    const calls = new CallLog();
    const made = () => calls.begin(origin, 0);
    made();
    expect([calls.takeProbes(2), calls.takeProbes(2)]).toEqual([true, false]);
    for (let count = 0; count < 3; count += 1) made();
    expect(calls.isFull).toBe(true);
    const busy = new CallLog();
    for (let count = 0; count < 5; count += 1) busy.begin(origin, 0);
    expect([busy.takeProbes(2), busy.isFull]).toEqual([false, false]);
  });

  it("are told with their time and what they consumed, the failed ones too", async () => {
    const clock = new ManualClock();
    const calls = new CallLog();
    const pay = () => Promise.resolve(null);
    const stage = createDeadline(clock, clock.nowMs(), 10_150, { calls, pay }).stage(6_000);
    if (!stage.ok) expect.fail(stage.failure.reason);
    const usage = { promptTokens: 9, completionTokens: 1, costUsd: null };
    await stage.value.call(gemini, (call) => {
      clock.advance(120);
      call.usage = usage;
      return Promise.resolve(fail({ reason: "gemini_bad_output", defect: "truncated" }));
    });
    expect(calls.calls).toEqual([
      {
        source: "gemini",
        model: "flash",
        startedMs: expect.any(Number),
        traceparent: null,
        durationMs: 120,
        reason: "gemini_bad_output",
        usage,
      },
    ]);
  });
});

describe("the deadline of a caller who leaves", () => {
  function leaving() {
    const clock = new ManualClock();
    const left = new AbortController();
    const outlay = { calls: new CallLog(), pay: () => Promise.resolve(null), left: left.signal };
    return { clock, left, deadline: createDeadline(clock, clock.nowMs(), 10_150, outlay) };
  }

  it("is over at once, in every share of it, and what runs is aborted for that reason", () => {
    const { left, deadline } = leaving();
    const part = deadline.part(0.5);
    const stages = [deadline.stage(2_500), part.stage(2_500)];
    left.abort();
    expect([deadline.spareMs(), part.spareMs()]).toEqual([0, 0]);
    for (const each of [deadline, part]) {
      expect(each.stage(2_500)).toEqual({ ok: false, failure: { reason: "deadline" } });
    }
    for (const stage of stages) {
      if (!stage.ok) expect.fail(stage.failure.reason);
      expect([stage.value.signal.aborted, stage.value.limit]).toEqual([true, "left"]);
    }
  });

  it("runs out as any other while the caller is there, and what ran out stays so", () => {
    const { clock, left, deadline } = leaving();
    const stage = deadline.stage(2_500);
    if (!stage.ok) expect.fail(stage.failure.reason);
    expect([stage.value.signal.aborted, stage.value.limit]).toEqual([false, "cap"]);
    clock.advance(2_500);
    left.abort();
    expect([stage.value.signal.aborted, stage.value.limit]).toEqual([true, "cap"]);
  });
});
