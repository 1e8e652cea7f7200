// Guarantees of the choice of a replica.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { preference } from "../../../gateway/resilience/rendezvous.ts";

const ids = ["a1", "b2", "c3"];
const texts = Array.from({ length: 3_000 }, (_, index) => `Text ${index}: the rent is late.`);

describe("the replica of a text", () => {
  it("is the same each time, and the others stand in an order of their own", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(preference(text, ids)).toEqual(preference(text, ids));
        expect(new Set(preference(text, ids))).toEqual(new Set([0, 1, 2]));
      }),
    );
  });

  it("is each of them equally often, as first and as second choice", () => {
    for (const place of [0, 1]) {
      const counts = [0, 0, 0];
      for (const text of texts) counts[preference(text, ids)[place] ?? 0]! += 1;
      for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(100);
    }
  });

  it("changes for its own texts only when it goes", () => {
    for (const text of texts) {
      const [first = 0] = preference(text, ids);
      const [left = 0] = preference(text, ids.slice(0, 2));
      if (first !== 2) expect(left).toBe(first);
    }
  });
});
