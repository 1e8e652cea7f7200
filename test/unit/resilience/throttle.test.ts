// Guarantees of client-side throttling.
import { describe, expect, it } from "vitest";
import { Throttle } from "../../../gateway/resilience/throttle.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** Every chance in turn, evenly. */
function start() {
  const clock = new ManualClock();
  let draw = 0;
  const throttle = new Throttle(clock, () => (draw = (draw + 0.618_034) % 1));
  return { clock, throttle };
}

/** How many of `count` were let through, when the origin takes the given share of those. */
function send(throttle: Throttle, count: number, acceptedShare: number): number {
  let sent = 0;
  let accepted = 0;
  for (let request = 0; request < count; request += 1) {
    if (!throttle.admits()) continue;
    sent += 1;
    if (accepted < acceptedShare * sent) {
      throttle.accepted();
      accepted += 1;
    } else throttle.overloaded();
  }
  return sent;
}

describe("the throttle", () => {
  it("refuses nothing while the origin takes half of all or more", () => {
    expect(send(start().throttle, 1_000, 1)).toBe(1_000);
    expect(send(start().throttle, 1_000, 0.55)).toBe(1_000);
  });

  it("spares an origin that takes nothing, and still tries now and then", () => {
    const { throttle } = start();
    const sent = send(throttle, 1_000, 0);
    expect(sent).toBeGreaterThan(1);
    expect(sent).toBeLessThan(20);
  });

  it("counts a request before it is sent: a wave into an overloaded origin is refused in flight", () => {
    const { throttle } = start();
    throttle.admits();
    throttle.overloaded();
    let sent = 0;
    for (let request = 0; request < 100; request += 1) if (throttle.admits()) sent += 1;
    expect(sent).toBeLessThan(15);
  });

  it("refuses nothing of a new isolate's first wave, of which nothing is known yet", () => {
    const { throttle } = start();
    for (let request = 0; request < 100; request += 1) expect(throttle.admits()).toBe(true);
  });

  it("keeps to the published chance of refusal: 9 tried, 2 accepted, (9 - 4) / 10", () => {
    for (const [chance, admitted] of [
      [0.51, true],
      [0.49, false],
    ] as const) {
      let draw = 1;
      const throttle = new Throttle(new ManualClock(), () => draw);
      for (let request = 0; request < 9; request += 1) throttle.admits();
      throttle.accepted();
      throttle.accepted();
      throttle.overloaded();
      draw = chance;
      expect(throttle.admits()).toBe(admitted);
    }
  });

  it("forgets after two minutes", () => {
    const { clock, throttle } = start();
    send(throttle, 1_000, 0);
    clock.advance(120_000);
    expect(throttle.admits()).toBe(true);
  });
});
