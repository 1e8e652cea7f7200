// Guarantees of adding up what upstream calls consumed, and of two words on what may leave the house.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addUsage,
  egressLevels,
  noUsage,
  stricterEgress,
  type Usage,
} from "../../../gateway/core/domain.ts";

const amount = fc.option(fc.nat());
const usage: fc.Arbitrary<Usage> = fc.record({
  promptTokens: amount,
  completionTokens: amount,
  costUsd: amount,
});

describe("addUsage", () => {
  it("adds part by part", () => {
    expect(
      addUsage(
        { promptTokens: 812, completionTokens: 24, costUsd: 0.5 },
        { promptTokens: 100, completionTokens: 60, costUsd: 0.25 },
      ),
    ).toEqual({ promptTokens: 912, completionTokens: 84, costUsd: 0.75 });
  });

  it("keeps what is unknown unknown, instead of counting it as 0, and spoils no other part", () => {
    expect(
      addUsage(
        { promptTokens: 812, completionTokens: null, costUsd: 1 },
        { promptTokens: 100, completionTokens: 60, costUsd: null },
      ),
    ).toEqual({ promptTokens: 912, completionTokens: null, costUsd: null });
  });

  it("changes nothing when nothing was asked", () => {
    fc.assert(
      fc.property(usage, (a) => {
        expect(addUsage(a, noUsage)).toEqual(a);
      }),
    );
  });

  it("is the same in either order", () => {
    fc.assert(
      fc.property(usage, usage, (a, b) => {
        expect(addUsage(a, b)).toEqual(addUsage(b, a));
      }),
    );
  });
});

describe("stricterEgress", () => {
  it("is the stricter of the two, in either order", () => {
    for (const level of egressLevels) {
      expect(stricterEgress(level, "none")).toBe("none");
      expect(stricterEgress("any", level)).toBe(level);
      expect(stricterEgress(level, "any")).toBe(level);
      expect(stricterEgress(level, level)).toBe(level);
    }
    expect(stricterEgress("none", "summary")).toBe("none");
  });
});
