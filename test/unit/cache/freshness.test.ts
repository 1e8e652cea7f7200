// Guarantees of the times of cached values.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  arePossibleTimes,
  fallbackLifetime,
  preferredLifetime,
  timesOf,
} from "../../../gateway/cache/freshness.ts";

const hourMs = 3_600_000;
const keys = fc.string({
  unit: fc.constantFrom(..."0123456789abcdef".split("")),
  minLength: 64,
  maxLength: 64,
});

describe("a lifetime", () => {
  it("of the preferred ranker's scores is a day, kept for a week", () => {
    expect(preferredLifetime).toEqual({ freshSeconds: 86_400, keepSeconds: 604_800 });
  });

  it("of a fallback's is 5 minutes, kept for an hour", () => {
    expect(fallbackLifetime).toEqual({ freshSeconds: 300, keepSeconds: 3_600 });
  });

  it("ends up to a tenth early, never late, the same in every isolate, and not for all at once", () => {
    const ends = new Set<number>();
    fc.assert(
      fc.property(keys, (key) => {
        const { until, keep } = timesOf(preferredLifetime, 0, key);
        ends.add(until);
        expect(until).toBeGreaterThanOrEqual(0.9 * 24 * hourMs);
        expect(until).toBeLessThanOrEqual(24 * hourMs);
        expect(keep).toBe(7 * 24 * hourMs);
        expect(timesOf(preferredLifetime, 0, key).until).toBe(until);
      }),
    );
    expect(ends.size).toBeGreaterThan(50);
  });

  it("gives times that are possible, and no others are", () => {
    const { until, keep } = timesOf(preferredLifetime, 5, "0000");
    expect(arePossibleTimes(5, until, keep)).toBe(true);
    expect(arePossibleTimes(5, until + 1, keep)).toBe(false);
    expect(arePossibleTimes(5, until, keep + 1)).toBe(false);
    for (const bad of ["5", null, undefined, Number.NaN])
      expect([
        arePossibleTimes(bad, until, keep),
        arePossibleTimes(5, bad, keep),
        arePossibleTimes(5, until, bad),
      ]).toEqual([false, false, false]);
  });
});
