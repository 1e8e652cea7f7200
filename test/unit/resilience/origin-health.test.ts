// Guarantees of the origin's health in one isolate: probes, replicas, overload, what is shared.
import { describe, expect, it } from "vitest";
import type { BreakerMode } from "../../../gateway/core/circuit.ts";
import { fail, ok, type Failure, type Result } from "../../../gateway/core/failure.ts";
import { createDeadline } from "../../../gateway/resilience/deadline.ts";
import { noBoard, type Noticeboard } from "../../../gateway/resilience/noticeboard.ts";
import { OriginHealth } from "../../../gateway/resilience/origin-health.ts";
import { preference } from "../../../gateway/resilience/rendezvous.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryBoard } from "../support/memory-board.ts";

const refused: Failure = { reason: "origin_unreachable" };
const hung: Failure = { reason: "origin_timeout", limit: "cap" };
const hurried: Failure = { reason: "origin_timeout", limit: "deadline" };
const rejected: Failure = { reason: "origin_rejected", status: 400 };
const overloaded: Failure = { reason: "origin_overloaded", status: 503, retryAfterSeconds: 1 };

interface Options {
  readonly replicas?: number;
  readonly mode?: BreakerMode;
  readonly chance?: () => number;
  readonly clock?: ManualClock;
  readonly colo?: Noticeboard;
  readonly world?: Noticeboard;
}

/** One isolate before `replicas` servers, each of which answers or fails as told. */
class Isolate {
  readonly clock: ManualClock;
  readonly health: OriginHealth;
  readonly ids: readonly string[];
  /** null = well. */
  readonly failures: (Failure | null)[];
  /** By replica. */
  readonly calls: number[];
  readonly probes: number[];
  readonly alarms: string[] = [];
  /** What the n-th probe meets, where it is not what a call would; awaited. */
  probed: ((count: number) => Promise<Failure | null>) | null = null;
  #deferred: Promise<void>[] = [];
  #count = 0;

  constructor(options: Options = {}) {
    const { replicas = 1, mode = "auto", chance = () => 0.5, colo = noBoard } = options;
    this.clock = options.clock ?? new ManualClock();
    this.ids = Array.from({ length: replicas }, (_, index) => `replica-${index}`);
    this.failures = this.ids.map(() => null);
    this.calls = this.ids.map(() => 0);
    this.probes = this.ids.map(() => 0);
    const all = this.ids.map((id, index) => ({
      id,
      probe: async () => {
        this.probes[index]! += 1;
        if (this.probed === null) return this.#answer(index);
        const failure = await this.probed(this.probes[index] ?? 0);
        return failure === null ? ok(index) : fail(failure);
      },
    }));
    this.health = new OriginHealth(all, this.clock, {
      mode,
      probeTimeoutMs: 2_500,
      colo,
      world: options.world ?? noBoard,
      defer: (work) => void this.#deferred.push(work),
      alarm: (alarm) => void this.alarms.push(alarm),
      chance,
    });
  }

  breakAll(failure: Failure): void {
    for (const index of this.ids.keys()) this.failures[index] = failure;
  }

  /** One request; what it deferred is done when it resolves. */
  async ask(text = `Text ${(this.#count += 1)}`): Promise<Result<number>> {
    const deadline = createDeadline(this.clock, this.clock.nowMs(), 15_000);
    const answer = await this.health.ask("ranking", text, deadline, (index) => {
      this.calls[index]! += 1;
      return Promise.resolve(this.#answer(index));
    });
    await this.settle();
    return answer;
  }

  async settle(): Promise<void> {
    while (this.#deferred.length > 0) await Promise.all(this.#deferred.splice(0));
  }

  get asked(): number {
    return this.calls.reduce((sum, each) => sum + each, 0);
  }

  get state() {
    return this.health.view().state;
  }

  #answer(index: number): Result<number> {
    const failure = this.failures[index] ?? null;
    return failure === null ? ok(index) : fail(failure);
  }
}

const reasonOf = (answer: Result<unknown>) => (answer.ok ? null : answer.failure.reason);

describe("the origin, down", () => {
  it("is found out by one request and two probes in the background, and passed over then", async () => {
    const isolate = new Isolate();
    isolate.failures[0] = hung;
    expect(reasonOf(await isolate.ask())).toBe("origin_timeout");
    expect(reasonOf(await isolate.ask())).toBe("circuit_open");
    expect([isolate.asked, isolate.probes]).toEqual([1, [2]]);
  });

  it("is not believed down by one failed probe of two", async () => {
    const isolate = new Isolate();
    isolate.failures[0] = hung;
    isolate.probed = (count) => Promise.resolve(count === 1 ? hung : null);
    await isolate.ask();
    expect([isolate.probes, isolate.state]).toEqual([[2], "closed"]);
  });

  it("is not believed down by probes when a call succeeded meanwhile", async () => {
    const isolate = new Isolate();
    isolate.failures[0] = hung;
    const slow = Promise.withResolvers<Failure>();
    isolate.probed = () => slow.promise;
    const first = isolate.ask();
    await expect.poll(() => isolate.probes[0]).toBe(2);
    isolate.failures[0] = null;
    const second = isolate.ask();
    await expect.poll(() => isolate.asked).toBe(2);
    slow.resolve(hung);
    await Promise.all([first, second]);
    expect(isolate.state).toBe("closed");
  });

  it("costs at most three timeouts when nobody may probe", async () => {
    const colo = { ...noBoard, claim: () => Promise.resolve(false) };
    const isolate = new Isolate({ colo });
    isolate.failures[0] = hung;
    for (let request = 0; request < 12; request += 1) await isolate.ask();
    expect([isolate.asked, isolate.probes]).toEqual([3, [0]]);
  });

  it("is led back by probes, never on a user's time, and gets its requests back by and by", async () => {
    let chance = 0.5;
    const isolate = new Isolate({ chance: () => chance });
    isolate.failures[0] = hung;
    await isolate.ask();
    isolate.clock.advance(5_000);
    expect(reasonOf(await isolate.ask())).toBe("circuit_open");
    expect([isolate.asked, isolate.probes, isolate.state]).toEqual([1, [3], "open"]);

    isolate.failures[0] = null;
    isolate.clock.advance(10_000);
    expect(reasonOf(await isolate.ask())).toBe("circuit_open");
    expect([isolate.probes, isolate.state]).toEqual([[5], "half-open"]);
    expect(reasonOf(await isolate.ask())).toBe("circuit_open");
    chance = 0.05;
    expect((await isolate.ask()).ok).toBe(true);
    chance = 0.49;
    isolate.clock.advance(15_000);
    expect((await isolate.ask()).ok).toBe(true);
    chance = 0.99;
    isolate.clock.advance(15_000);
    expect((await isolate.ask()).ok).toBe(true);
    expect(isolate.state).toBe("closed");
  });

  it("is not believed to be back while it says that it has too much to do", async () => {
    const isolate = new Isolate();
    isolate.failures[0] = hung;
    await isolate.ask();
    isolate.failures[0] = overloaded;
    isolate.clock.advance(5_000);
    await isolate.ask();
    expect(isolate.state).toBe("open");
  });
});

describe("what is not the origin's doing", () => {
  it.each([rejected, { reason: "origin_context" } as const, { reason: "deadline" } as const])(
    "never opens the circuit: %j",
    async (failure) => {
      const isolate = new Isolate();
      isolate.failures[0] = failure;
      for (let request = 0; request < 50; request += 1)
        expect(reasonOf(await isolate.ask())).toBe(failure.reason);
      expect([isolate.asked, isolate.state]).toEqual([50, "closed"]);
    },
  );

  it("is a timeout by the caller's short budget, when probes find the origin well", async () => {
    const isolate = new Isolate();
    for (let request = 0; request < 50; request += 1) {
      isolate.failures[0] = hurried;
      const deadline = createDeadline(isolate.clock, isolate.clock.nowMs(), 1_000);
      const answer = await isolate.health.ask("ranking", "Text", deadline, () => {
        isolate.failures[0] = null;
        return Promise.resolve(fail(hurried));
      });
      expect(reasonOf(answer)).toBe("origin_timeout");
      await isolate.settle();
      isolate.clock.advance(1_000);
    }
    expect(isolate.state).toBe("closed");
    expect(isolate.probes[0]).toBeGreaterThan(0);
  });

  it("but a hanging origin is found out by its probes, whatever the callers' budgets", async () => {
    const isolate = new Isolate();
    isolate.failures[0] = hurried;
    for (let request = 0; request < 12; request += 1) await isolate.ask();
    expect(isolate.asked).toBe(1);
  });

  it("is a call that never ends, as when a client has left: nothing is counted", async () => {
    const isolate = new Isolate();
    for (let request = 0; request < 100; request += 1) {
      const deadline = createDeadline(isolate.clock, isolate.clock.nowMs(), 15_000);
      const started = Promise.withResolvers<void>();
      void isolate.health.ask("ranking", "Text", deadline, () => {
        started.resolve();
        return new Promise(() => {});
      });
      await started.promise;
      isolate.clock.advance(1_000);
    }
    expect((await isolate.ask()).ok).toBe(true);
    expect(isolate.state).toBe("closed");
  });

  it("raises an alarm when our request or our key was refused", async () => {
    const isolate = new Isolate();
    isolate.failures[0] = rejected;
    await isolate.ask();
    expect(isolate.alarms).toEqual(["origin_rejected"]);
    isolate.failures[0] = { reason: "origin_auth", status: 302 };
    await isolate.ask();
    expect(isolate.alarms).toContain("origin_auth");
  });

  it("is an exception: thrown on, not counted, and its place is free again", async () => {
    const isolate = new Isolate();
    const deadline = createDeadline(isolate.clock, isolate.clock.nowMs(), 15_000);
    for (let request = 0; request < 50; request += 1) {
      const bug = isolate.health.ask("ranking", "Text", deadline, () =>
        Promise.reject(new TypeError("a bug")),
      );
      await expect(bug).rejects.toThrow("a bug");
    }
    expect((await isolate.ask()).ok).toBe(true);
    expect([isolate.state, isolate.probes]).toEqual(["closed", [0]]);
  });
});

describe("an overloaded origin", () => {
  it("is spared more and more, with its circuit closed, and tried again and again", async () => {
    let draw = 0;
    const isolate = new Isolate({ chance: () => (draw = (draw + 0.618_034) % 1) });
    isolate.failures[0] = overloaded;
    const reasons = new Set<string | null>();
    for (let request = 0; request < 200; request += 1) reasons.add(reasonOf(await isolate.ask()));
    expect(reasons).toEqual(new Set(["origin_overloaded"]));
    expect(isolate.asked).toBeGreaterThan(1);
    expect(isolate.asked).toBeLessThan(20);
    expect([isolate.state, isolate.probes]).toEqual(["closed", [0]]);
    isolate.failures[0] = null;
    isolate.clock.advance(120_000);
    for (let request = 0; request < 20; request += 1) expect((await isolate.ask()).ok).toBe(true);
  });

  it("gets 32 requests at once from an isolate, and no more", async () => {
    const isolate = new Isolate({ chance: () => 1 });
    const gate = Promise.withResolvers<Result<number>>();
    const deadline = createDeadline(isolate.clock, isolate.clock.nowMs(), 15_000);
    let inFlight = 0;
    const asked = Array.from({ length: 40 }, () =>
      isolate.health.ask("ranking", "Text", deadline, () => {
        inFlight += 1;
        return gate.promise;
      }),
    );
    await Promise.all(asked.slice(32));
    expect(inFlight).toBe(32);
    gate.resolve(ok(1));
    const answers = await Promise.all(asked);
    expect(answers.filter((answer) => answer.ok)).toHaveLength(32);
    expect(answers.slice(32).map(reasonOf)).toEqual(Array(8).fill("origin_overloaded"));
  });
});

describe("replicas", () => {
  it("have a circuit each: of two, the one that is well serves all", async () => {
    const isolate = new Isolate({ replicas: 2 });
    isolate.failures[0] = refused;
    for (let request = 0; request < 20; request += 1) expect(await isolate.ask()).toEqual(ok(1));
    const { state, replicas } = isolate.health.view();
    expect([state, ...replicas.map((each) => each.state)]).toEqual(["closed", "open", "closed"]);
    expect(isolate.calls[0]).toBeLessThanOrEqual(2);
  });

  it("get a text each time at the same place", async () => {
    const isolate = new Isolate({ replicas: 3 });
    for (const text of ["Rent.", "Sleep.", "Mother."]) {
      const [first] = preference(text, isolate.ids);
      for (let request = 0; request < 3; request += 1)
        expect(await isolate.ask(text)).toEqual(ok(first));
    }
  });

  it("hand over once when one is not there, and never when it was slow", async () => {
    const isolate = new Isolate({ replicas: 3 });
    isolate.breakAll(refused);
    expect(reasonOf(await isolate.ask())).toBe("origin_unreachable");
    expect(isolate.asked).toBe(2);
    const slow = new Isolate({ replicas: 3 });
    slow.breakAll(hung);
    await slow.ask();
    expect(slow.asked).toBe(1);
  });

  it("are down together only when all are", async () => {
    const isolate = new Isolate({ replicas: 2 });
    isolate.breakAll(refused);
    for (let request = 0; request < 4; request += 1) await isolate.ask();
    expect(isolate.state).toBe("open");
    expect(reasonOf(await isolate.ask())).toBe("circuit_open");
  });
});

describe("what isolates share", () => {
  it("spares a new isolate of the same data centre the timeout", async () => {
    const clock = new ManualClock();
    const colo = new MemoryBoard(clock);
    const [first, second] = [new Isolate({ clock, colo }), new Isolate({ clock, colo })];
    first.failures[0] = hung;
    second.failures[0] = hung;
    await first.ask();
    expect(reasonOf(await second.ask())).toBe("circuit_open");
    expect(second.asked).toBe(0);
  });

  it("is asked for only by who has no opinion of its own", async () => {
    const clock = new ManualClock();
    const colo = new MemoryBoard(clock);
    const isolate = new Isolate({ clock, colo });
    for (let request = 0; request < 10; request += 1) await isolate.ask();
    expect(colo.reads).toBe(1);
    clock.advance(5_000);
    await isolate.ask();
    expect(colo.reads).toBe(2);
  });

  it("brings every isolate back by the probes of one", async () => {
    const clock = new ManualClock();
    const colo = new MemoryBoard(clock);
    const isolates = Array.from(
      { length: 20 },
      () => new Isolate({ clock, colo, chance: () => 0 }),
    );
    for (const isolate of isolates) {
      isolate.failures[0] = hung;
      await isolate.ask();
      isolate.failures[0] = null;
    }
    clock.advance(6_000);
    const [first, ...others] = isolates;
    expect(reasonOf((await first?.ask()) ?? expect.fail())).toBe("circuit_open");
    for (const isolate of others) expect((await isolate.ask()).ok).toBe(true);
    const probes = isolates.reduce((sum, isolate) => sum + (isolate.probes[0] ?? 0), 0);
    expect(probes).toBe(4);
  });

  it("comes from the cron, worldwide: written on change, and each minute while down", async () => {
    const clock = new ManualClock();
    const world = new MemoryBoard(clock);
    const watcher = new Isolate({ clock, world });
    await watcher.health.watch();
    expect(world.posts).toEqual([]);
    watcher.failures[0] = refused;
    await watcher.health.watch();
    clock.advance(60_000);
    await watcher.health.watch();
    expect(world.posts.map(({ state }) => state)).toEqual(["open", "open"]);
    watcher.failures[0] = null;
    await watcher.health.watch();
    expect(world.posts.at(-1)?.state).toBe("returned");
  });
});

describe("BREAKER", () => {
  it("open passes the origin over, well or not", async () => {
    const isolate = new Isolate({ mode: "open" });
    expect(reasonOf(await isolate.ask())).toBe("circuit_open");
    expect(isolate.health.view()).toMatchObject({ state: "open", reason: "circuit_open" });
    await isolate.health.watch();
    expect([isolate.asked, isolate.probes]).toEqual([0, [0]]);
  });

  it("closed always asks, and probes nothing", async () => {
    const isolate = new Isolate({ mode: "closed" });
    for (const failure of [hung, overloaded]) {
      isolate.failures[0] = failure;
      for (let request = 0; request < 20; request += 1) await isolate.ask();
    }
    expect([isolate.asked, isolate.probes, isolate.state]).toEqual([40, [0], "closed"]);
  });
});
