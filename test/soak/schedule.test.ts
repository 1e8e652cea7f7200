// The faults of a soak are the same again for the same seed, and leave room to recover.
import { describe, expect, it } from "vitest";
import { drawSchedule, faultNames, isAlive, type Phase } from "./schedule.ts";

const minuteMs = 60_000;

describe("the schedule of faults", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(drawSchedule(7, 10 * minuteMs)).toEqual(drawSchedule(7, 10 * minuteMs));
    expect(drawSchedule(7, 10 * minuteMs)).not.toEqual(drawSchedule(8, 10 * minuteMs));
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("breaks and mends both within a minute, seed %i", (seed) => {
    const phases = drawSchedule(seed, minuteMs);
    for (const upstream of ["origin", "gemini"]) {
      expect(phases.filter((each) => each.upstream === upstream).length).toBeGreaterThan(0);
    }
    for (const { fromMs, untilMs } of phases) {
      expect(fromMs).toBeGreaterThanOrEqual(5_000);
      expect(untilMs).toBeGreaterThan(fromMs);
      expect(untilMs).toBeLessThanOrEqual(minuteMs - 5_000);
    }
  });

  it("has each kind of fault for each upstream in ten minutes, one at a time, and both down at times", () => {
    const phases = drawSchedule(1, 10 * minuteMs);
    const of = (upstream: string) => phases.filter((each) => each.upstream === upstream);
    for (const upstream of ["origin", "gemini"]) {
      const own = of(upstream);
      expect(new Set(own.map(({ fault }) => fault)).size).toBe(faultNames.length);
      for (const [index, { untilMs }] of own.entries()) {
        expect(own[index + 1]?.fromMs ?? Infinity).toBeGreaterThan(untilMs);
      }
    }
    const together = of("origin").some((a) =>
      of("gemini").some((b) => a.fromMs < b.untilMs && b.fromMs < a.untilMs),
    );
    expect(together).toBe(true);
  });
});

describe("an upstream is alive", () => {
  const down: Phase = { upstream: "gemini", fault: "hung", fromMs: 1_000, untilMs: 2_000 };

  it("where no fault of its own touches the span", () => {
    expect(isAlive([down], "gemini", 0, 999)).toBe(true);
    expect(isAlive([down], "gemini", 2_251, 9_000)).toBe(true);
    expect(isAlive([down], "origin", 0, 9_000)).toBe(true);
  });

  it("not while it is broken, nor just after it", () => {
    expect(isAlive([down], "gemini", 0, 1_000)).toBe(false);
    expect(isAlive([down], "gemini", 1_500, 1_600)).toBe(false);
    expect(isAlive([down], "gemini", 2_100, 9_000)).toBe(false);
  });

  it("while it is slow, since it answers", () => {
    expect(isAlive([{ ...down, fault: "slowed" }], "gemini", 0, 9_000)).toBe(true);
  });
});
