// Guarantees of the one deadline of a request.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
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

describe("a stage's paid calls", () => {
  it("are asked for with the stage's own time, through every share of the deadline", async () => {
    const clock = new ManualClock();
    const asked: number[] = [];
    const pay = (budgetMs: number) => {
      asked.push(budgetMs);
      return Promise.resolve({ reason: "budget_spent", retryAfterSeconds: 7 } as const);
    };
    const whole = createDeadline(clock, clock.nowMs(), 10_150, pay);
    for (const deadline of [whole, whole.part(0.5), whole.part(0.5).part(0.5)]) {
      const stage = deadline.stage(6_000);
      if (!stage.ok) expect.fail(stage.failure.reason);
      // oxlint-disable-next-line no-await-in-loop -- in this order
      expect(await stage.value.pay()).toMatchObject({ reason: "budget_spent" });
    }
    expect(asked).toEqual([6_000, 5_000, 2_500]);
  });

  it("are all allowed where nobody counts", async () => {
    const clock = new ManualClock();
    const stage = createDeadline(clock, clock.nowMs(), 10_000).stage(1_000);
    expect(stage.ok && (await stage.value.pay())).toBeNull();
  });
});
