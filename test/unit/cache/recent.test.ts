// Guarantees of an isolate's memory.
import { describe, expect, it } from "vitest";
import { Recent } from "../../../gateway/cache/recent.ts";
import { ManualClock } from "../support/manual-clock.ts";

function setUp() {
  const clock = new ManualClock();
  return { clock, recent: new Recent<number>(clock) };
}

describe("what this isolate remembers", () => {
  it("is the last value of a key, for a minute, however often it is used", () => {
    const { clock, recent } = setUp();
    recent.set("k", 1);
    recent.set("k", 2);
    clock.advance(59_999);
    expect(recent.get("k")).toBe(2);
    clock.advance(1);
    expect(recent.get("k")).toBeNull();
  });

  it("is 200 keys: the one not used for longest goes first", () => {
    const { recent } = setUp();
    for (let i = 0; i < 200; i += 1) recent.set(`k${i}`, i);
    recent.get("k0");
    recent.set("k200", 200);
    expect([recent.get("k0"), recent.get("k1"), recent.get("k2")]).toEqual([0, null, 2]);
  });

  it("is nothing of a key that was never set", () => {
    expect(setUp().recent.get("k")).toBeNull();
  });
});
