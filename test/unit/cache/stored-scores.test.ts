// Guarantees of an entry's size.
import { describe, expect, it } from "vitest";
import { merge, type StoredScore } from "../../../gateway/cache/stored-scores.ts";

describe("an entry", () => {
  it("stays below 70 kB, whatever is added to it", () => {
    const nowMs = 1_795_348_800_000;
    const entry = (from: number, at: number) => {
      const score: StoredScore = [
        100 / 3 + 1e-13,
        1 / 3,
        at,
        at + 86_399_999.123,
        at + 604_799_999.123,
      ];
      const themes = Array.from({ length: 400 }, (_, i) => [
        (from + i).toString(16).padStart(24, "f"),
        score,
      ]);
      return { tenant: "t".repeat(64), model: "m".repeat(200), themes: Object.fromEntries(themes) };
    };
    const older = merge(null, entry(0, nowMs - 1_000), nowMs);
    const merged = merge(older, entry(400, nowMs), nowMs);
    expect(Object.keys(merged.themes)).toHaveLength(500);
    expect(JSON.stringify(merged).length).toBeLessThan(70_000);
    // Of the older ones some had to go, of the newer ones none.
    const hashes = new Set(Object.keys(merged.themes));
    expect(Object.keys(entry(400, nowMs).themes).every((hash) => hashes.has(hash))).toBe(true);
  });
});
