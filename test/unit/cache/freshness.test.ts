// Guarantees of the two lifetimes.
import { describe, expect, it } from "vitest";
import { fallbackLifetime, preferredLifetime } from "../../../gateway/cache/freshness.ts";

describe("lifetimes", () => {
  it("serve the preferred ranker's scores for a day and a fallback's for five minutes", () => {
    expect(preferredLifetime.freshSeconds).toBe(24 * 3_600);
    expect(fallbackLifetime.freshSeconds).toBe(5 * 60);
  });

  it.each([preferredLifetime, fallbackLifetime])(
    "keep what is no longer fresh a while for a failing origin, but never over 7 days",
    ({ freshSeconds, keepSeconds }) => {
      expect(keepSeconds).toBeGreaterThan(freshSeconds);
      expect(keepSeconds).toBeLessThanOrEqual(7 * 86_400);
    },
  );
});
