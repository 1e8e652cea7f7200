// Guarantees of one circuit: when it opens, who leads it back, and what others may tell it.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CircuitBreaker, type CircuitNews } from "../../../gateway/resilience/circuit-breaker.ts";
import { ManualClock } from "../support/manual-clock.ts";

function start(chance = () => 0.5) {
  const clock = new ManualClock();
  return { clock, breaker: new CircuitBreaker(clock, chance) };
}

/** One request: null when it was not let through. */
function call(breaker: CircuitBreaker, outcome: "ok" | "hard" | "soft"): boolean {
  const ticket = breaker.admit();
  if (ticket === null) return false;
  if (outcome === "ok") breaker.succeeded(ticket);
  else breaker.failed(ticket, outcome === "hard", "origin_timeout");
  return true;
}

function open() {
  const made = start();
  made.breaker.trip("origin_timeout");
  return made;
}

/** Open, its time over, probed with success. */
function returning(chance?: () => number) {
  const made = start(chance);
  made.breaker.trip("origin_timeout");
  made.clock.advance(10_000);
  made.breaker.startReturn();
  return made;
}

const newsAt = (clock: ManualClock, change: Partial<CircuitNews> = {}): CircuitNews => ({
  state: "open",
  atMs: clock.nowMs(),
  untilMs: clock.nowMs() + 5_000,
  openings: 1,
  reason: "origin_error",
  ...change,
});

describe("a closed circuit", () => {
  it("lets everything through and has nothing to tell", () => {
    const { breaker } = start();
    for (let count = 0; count < 50; count += 1) expect(call(breaker, "ok")).toBe(true);
    expect(breaker.view).toEqual({ state: "closed", sinceMs: null, reason: null });
    expect(breaker.news).toBeNull();
  });

  it.each([
    ["three failures in a row", ["soft", "soft", "soft"]],
    ["two hard ones in a row", ["ok", "hard", "hard"]],
    ["half of the last calls", ["ok", "soft", "ok", "soft"]],
  ] as const)("opens after %s, and not before", (_, outcomes) => {
    const { clock, breaker } = start();
    for (const [index, outcome] of outcomes.entries()) {
      expect(breaker.view.state).toBe("closed");
      expect(call(breaker, outcome), String(index)).toBe(true);
    }
    expect(breaker.view).toEqual({
      state: "open",
      sinceMs: clock.nowMs(),
      reason: "origin_timeout",
    });
    expect(breaker.admit()).toBeNull();
  });

  it("forgets calls that are longer ago than 30 s", () => {
    const { clock, breaker } = start();
    for (const outcome of ["ok", "soft", "ok"] as const) call(breaker, outcome);
    clock.advance(30_000);
    call(breaker, "soft");
    expect(breaker.view.state).toBe("closed");
  });
});

describe("an open circuit", () => {
  it("lets nothing through, however long, and is due for a probe when its time is over", () => {
    const { clock, breaker } = open();
    clock.advance(4_999);
    expect([breaker.view.state, breaker.startProbe(5_000)]).toEqual(["open", false]);
    clock.advance(1);
    expect(breaker.view.state).toBe("half-open");
    clock.advance(3_600_000);
    expect(breaker.admit()).toBeNull();
    expect(breaker.startProbe(5_000)).toBe(true);
  });

  it("is probed by one at a time", () => {
    const { clock, breaker } = open();
    clock.advance(5_000);
    expect([breaker.startProbe(5_000), breaker.startProbe(5_000)]).toEqual([true, false]);
    clock.advance(5_000);
    expect(breaker.startProbe(5_000)).toBe(true);
  });

  it("stays open twice as long with each failed probe, up to a minute", () => {
    const { clock, breaker } = open();
    const lengths: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      const untilMs = breaker.news?.untilMs ?? 0;
      lengths.push(untilMs - clock.nowMs());
      clock.advance(untilMs - clock.nowMs());
      breaker.trip("origin_timeout");
    }
    expect(lengths).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it("spreads its probes by a fifth to either side", () => {
    for (const [chance, lengthMs] of [
      [0, 4_000],
      [0.999_999, 6_000],
    ] as const) {
      const { clock, breaker } = start(() => chance);
      breaker.trip("origin_timeout");
      expect((breaker.news?.untilMs ?? 0) - clock.nowMs()).toBeCloseTo(lengthMs, 0);
    }
  });

  it("keeps the time of the outage's beginning", () => {
    const { clock, breaker } = open();
    const sinceMs = clock.nowMs();
    clock.advance(10_000);
    breaker.trip("origin_error");
    expect(breaker.view).toMatchObject({ sinceMs, reason: "origin_error" });
  });
});

describe("a circuit on its way back", () => {
  it.each([
    [0, 0.1],
    [14_999, 0.1],
    [15_000, 0.5],
    [29_999, 0.5],
    [30_000, 1],
  ])("after %i ms lets a share of %f through", (afterMs, share) => {
    let chance = 0;
    const { clock, breaker } = returning(() => chance);
    clock.advance(afterMs);
    chance = share - 0.001;
    expect(breaker.admit()).not.toBeNull();
    chance = share + 0.001;
    expect(breaker.admit() !== null).toBe(share === 1);
  });

  it("is half-open until the slow start is over, then closed", () => {
    const { clock, breaker } = returning();
    clock.advance(29_999);
    expect(breaker.view.state).toBe("half-open");
    clock.advance(1);
    expect(breaker.view.state).toBe("closed");
  });

  it("opens again at the first failure, for longer", () => {
    const { clock, breaker } = returning(() => 0);
    call(breaker, "soft");
    expect(breaker.view.state).toBe("open");
    expect(breaker.news).toMatchObject({ openings: 2, untilMs: clock.nowMs() + 8_000 });
  });

  it("hears nothing of calls from before it opened", () => {
    const { clock, breaker } = start(() => 0);
    const old = breaker.admit() ?? -1;
    breaker.trip("origin_timeout");
    clock.advance(5_000);
    breaker.startReturn();
    expect(breaker.failed(old, true, "origin_unreachable")).toBe(false);
    breaker.succeeded(old);
    expect(breaker.view.state).toBe("half-open");
  });
});

describe("news of other isolates", () => {
  it("opens a circuit that knows nothing better, for as long as the news says", () => {
    const { clock, breaker } = start();
    breaker.learn(newsAt(clock));
    expect(breaker.view).toMatchObject({ state: "open", reason: "origin_error" });
    clock.advance(5_000);
    expect(breaker.view.state).toBe("half-open");
  });

  it.each([
    ["older than an own success", { atMs: -10 }],
    ["over for a minute", { untilMs: -60_000 }],
    ["from the future", { atMs: 60_000 }],
  ])("changes nothing when it is %s", (_, { atMs = 0, untilMs = 5_000 }: Partial<CircuitNews>) => {
    const { clock, breaker } = start();
    if (atMs < 0) call(breaker, "ok");
    const nowMs = clock.nowMs();
    breaker.learn(newsAt(clock, { atMs: nowMs + atMs, untilMs: nowMs + untilMs }));
    expect(breaker.view.state).toBe("closed");
  });

  it("of an opening that has just ended is worth a probe, not a user's time", () => {
    const { clock, breaker } = start();
    breaker.learn(newsAt(clock, { untilMs: clock.nowMs() - 59_999 }));
    expect([breaker.admit(), breaker.startProbe(5_000)]).toEqual([null, true]);
  });

  it("keeps a circuit open for no longer than an own opening would", () => {
    const { clock, breaker } = start();
    breaker.learn(newsAt(clock, { untilMs: clock.nowMs() + 1e12 }));
    clock.advance(72_000);
    expect(breaker.startProbe(5_000)).toBe(true);
  });

  it("of a return begins the slow start where it began, once the own time is over", () => {
    const { clock, breaker } = open();
    clock.advance(5_000);
    const atMs = clock.nowMs() - 1_000;
    breaker.learn(newsAt(clock, { state: "returned", atMs }));
    expect(breaker.view.state).toBe("half-open");
    clock.advance(29_000);
    expect(breaker.view.state).toBe("closed");
  });

  it("of a return long ago leads to the end of the slow start, not past it", () => {
    const { clock, breaker } = open();
    clock.advance(600_000);
    breaker.learn(newsAt(clock, { state: "returned", atMs: clock.nowMs() - 500_000 }));
    expect(breaker.view.state).toBe("half-open");
    clock.advance(15_000);
    expect(breaker.view.state).toBe("closed");
  });

  it("of a return lets a new isolate take part in the slow start", () => {
    const { clock, breaker } = start(() => 0.2);
    breaker.learn(newsAt(clock, { state: "returned" }));
    expect(breaker.admit()).toBeNull();
  });
});

type Step =
  | { kind: "wait"; ms: number }
  | { kind: "call"; outcome: "ok" | "hard" | "soft" }
  | { kind: "late"; outcome: "ok" | "soft" }
  | { kind: "probe"; ok: boolean }
  | { kind: "news"; state: "open" | "returned"; ageMs: number; lastsMs: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("wait" as const),
    ms: fc.oneof(fc.nat(500), fc.nat(40_000)),
  }),
  fc.record({
    kind: fc.constant("call" as const),
    outcome: fc.constantFrom("ok" as const, "hard" as const, "soft" as const),
  }),
  fc.record({
    kind: fc.constant("late" as const),
    outcome: fc.constantFrom("ok" as const, "soft" as const),
  }),
  fc.record({ kind: fc.constant("probe" as const), ok: fc.boolean() }),
  fc.record({
    kind: fc.constant("news" as const),
    state: fc.constantFrom("open" as const, "returned" as const),
    ageMs: fc.integer({ min: -100_000, max: 200_000 }),
    lastsMs: fc.integer({ min: -10_000, max: 200_000 }),
  }),
);
const history = fc.array(step, { maxLength: 60 });
const chances = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1 });

/** A circuit under a random history, judged at each step. */
class Trial {
  readonly clock = new ManualClock();
  readonly breaker: CircuitBreaker;
  /** Calls that failed since the last one that succeeded or the last opening. */
  failedInARow = 0;
  #old = -1;

  constructor(draws: readonly number[]) {
    let drawn = 0;
    this.breaker = new CircuitBreaker(this.clock, () => draws[drawn++ % draws.length] ?? 0);
  }

  take(each: Step): void {
    const { breaker, clock } = this;
    switch (each.kind) {
      case "wait":
        return clock.advance(each.ms);
      case "call": {
        this.#old = breaker.admit() ?? this.#old;
        if (!call(breaker, each.outcome)) return;
        this.failedInARow = each.outcome === "ok" ? 0 : this.failedInARow + 1;
        expect(this.failedInARow).toBeLessThanOrEqual(3);
        if (breaker.view.state === "open") this.failedInARow = 0;
        return;
      }
      case "late":
        if (each.outcome === "ok") breaker.succeeded(this.#old);
        else breaker.failed(this.#old, false, "origin_timeout");
        if (breaker.view.state !== "closed" || each.outcome === "ok") this.failedInARow = 0;
        return;
      case "probe":
        if (!breaker.startProbe(5_000)) return;
        if (each.ok) breaker.startReturn();
        else breaker.trip("origin_timeout");
        return;
      case "news": {
        const before = { ...breaker.view, news: breaker.news };
        const atMs = clock.nowMs() - each.ageMs;
        const untilMs = atMs + each.lastsMs;
        const { state } = each;
        breaker.learn({ state, atMs, untilMs, openings: 1, reason: "origin_error" });
        const after = breaker.view.state;
        // Never closed by what others say, stale or fresh.
        if (before.state !== "closed") expect(after).not.toBe("closed");
        // Never led back by news from before the opening.
        if (before.news?.state === "open" && atMs <= before.news.atMs)
          expect(breaker.news).toEqual(before.news);
        if (before.state !== after) this.failedInARow = 0;
        return;
      }
    }
  }
}

describe("a circuit, whatever happens to it", () => {
  it("lets at most three calls in a row fail, and is never closed by news", () => {
    fc.assert(
      fc.property(history, chances, (steps, draws) => {
        const trial = new Trial(draws);
        for (const each of steps) trial.take(each);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is led back by probes and time alone, within 72 s and the slow start", () => {
    fc.assert(
      fc.property(history, chances, (steps, draws) => {
        const trial = new Trial(draws);
        const { breaker, clock } = trial;
        for (const each of steps) trial.take(each);
        clock.advance(72_001);
        if (breaker.startProbe(5_000)) breaker.startReturn();
        clock.advance(30_000);
        expect(breaker.view.state).toBe("closed");
        expect(breaker.admit()).not.toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });

  it("does not flap: with an origin that stays down, a probe a minute is all it gets", () => {
    fc.assert(
      fc.property(chances, (draws) => {
        const { breaker, clock } = new Trial(draws);
        breaker.trip("origin_timeout");
        let probes = 0;
        for (let second = 0; second < 3_600; second += 1) {
          clock.advance(1_000);
          expect(breaker.admit()).toBeNull();
          if (!breaker.startProbe(5_000)) continue;
          probes += 1;
          breaker.trip("origin_timeout");
        }
        // Four shorter openings, then one of at least 48 s after the other.
        expect(probes).toBeLessThanOrEqual(4 + 3_600 / (0.8 * 60));
      }),
      { numRuns: 50 },
    );
  });

  it("does not flap: with an origin that fails half of its calls, most requests are spared", () => {
    const clock = new ManualClock();
    let draw = 0;
    const breaker = new CircuitBreaker(clock, () => (draw = (draw + 0.37) % 1));
    let failed = 0;
    for (let request = 0; request < 3_600; request += 1) {
      clock.advance(1_000);
      // Probes find it well: they are short, and half of all calls are.
      if (breaker.startProbe(5_000)) breaker.startReturn();
      const ticket = breaker.admit();
      if (ticket === null) continue;
      if (request % 2 === 0) breaker.succeeded(ticket);
      else {
        breaker.failed(ticket, false, "origin_error");
        failed += 1;
      }
    }
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBeLessThan(3_600 / 20);
  });
});
