// Guarantees of the places for calls under way.
import { describe, expect, it } from "vitest";
import { Bulkhead } from "../../../gateway/resilience/bulkhead.ts";
import { ManualClock } from "../support/manual-clock.ts";

describe("a bulkhead", () => {
  it("holds so many and no more, until one leaves", () => {
    const bulkhead = new Bulkhead(new ManualClock(), 2);
    const leave = bulkhead.enter(1_000);
    expect(bulkhead.enter(1_000)).not.toBeNull();
    expect(bulkhead.enter(1_000)).toBeNull();
    leave?.();
    leave?.();
    expect(bulkhead.enter(1_000)).not.toBeNull();
    expect(bulkhead.enter(1_000)).toBeNull();
  });

  it("gives back the place of a call that never ended", () => {
    const clock = new ManualClock();
    const bulkhead = new Bulkhead(clock, 1);
    bulkhead.enter(1_000);
    clock.advance(999);
    expect(bulkhead.enter(1_000)).toBeNull();
    clock.advance(1);
    expect(bulkhead.enter(1_000)).not.toBeNull();
  });
});
