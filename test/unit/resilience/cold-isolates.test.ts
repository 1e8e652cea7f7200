// A simulated outage before a thousand isolates that know nothing: who pays for finding out.
import { beforeAll, describe, expect, it } from "vitest";
import type { BreakerMode } from "../../../gateway/core/circuit.ts";
import { fail, ok, type Failure, type Result } from "../../../gateway/core/failure.ts";
import type { Clock } from "../../../gateway/core/ports.ts";
import { createDeadline } from "../../../gateway/resilience/deadline.ts";
import { fromAfar, noBoard, type Noticeboard } from "../../../gateway/resilience/noticeboard.ts";
import { OriginHealth } from "../../../gateway/resilience/origin-health.ts";
import { MemoryBoard } from "../support/memory-board.ts";

const isolateCount = 1_000;
const coloCount = 10;
const requestsPerSecond = 20;
/** The origin hangs from the first request on, then answers again. */
const outageMs = 300_000;
const afterwardsMs = 240_000;
const capMs = 2_500;
const answerMs = 120;
/** KV's news is seen elsewhere after so long. */
const worldLateMs = 60_000;

/** Virtual time: what is due happens in order, and nothing waits. */
class Timeline implements Clock {
  #nowMs = 1_000_000_000;
  readonly #due = new Map<number, (() => void)[]>();

  nowMs = () => this.#nowMs;
  timeoutSignal = () => new AbortController().signal;
  timer = () => () => {};

  at(atMs: number, action: () => void): void {
    this.#due.set(atMs, [...(this.#due.get(atMs) ?? []), action]);
  }

  after<T>(delayMs: number, value: T): Promise<T> {
    return new Promise((resolve) => this.at(this.#nowMs + delayMs, () => resolve(value)));
  }

  async runUntil(endMs: number): Promise<void> {
    for (; this.#nowMs < endMs; this.#nowMs += 1) {
      for (let actions = this.#due.get(this.#nowMs); actions;) {
        this.#due.delete(this.#nowMs);
        for (const action of actions) action();
        // Longer than any chain of awaits between two waits.
        for (let tick = 0; tick < 40; tick += 1) await Promise.resolve();
        actions = this.#due.get(this.#nowMs);
      }
    }
  }
}

/** Equal numbers in each run. Source: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Sharing {
  readonly mode: BreakerMode;
  readonly colo: boolean;
  readonly world: boolean;
}

interface Toll {
  readonly requests: number;
  /** Requests that waited for the whole cap. */
  readonly timeouts: number;
  readonly timeoutsAfterFirstMinute: number;
  readonly probes: number;
  /** From the origin's return until half, and 90 %, of ten seconds' requests are its again. */
  readonly halfBackSeconds: number;
  readonly backSeconds: number;
}

async function simulate({ mode, colo, world }: Sharing): Promise<Toll> {
  const time = new Timeline();
  const chance = seeded(7);
  const startMs = time.nowMs();
  const upMs = startMs + outageMs;
  const toll = { requests: 0, timeouts: 0, timeoutsAfterFirstMinute: 0, probes: 0 };
  const served = new Map<number, { ok: number; all: number }>();

  const answer = async (): Promise<Result<null>> => {
    const hung: Failure = { reason: "origin_timeout", limit: "cap" };
    return time.nowMs() < upMs ? time.after(capMs, fail(hung)) : time.after(answerMs, ok(null));
  };
  const probe = () => {
    toll.probes += 1;
    return answer();
  };
  const isolate = (coloBoard: Noticeboard, worldBoard: Noticeboard) =>
    new OriginHealth([{ id: "origin", probe }], time, {
      mode,
      probeTimeoutMs: capMs,
      colo: coloBoard,
      world: worldBoard,
      defer: () => {},
      alarm: () => {},
      chance,
    });

  const kv = new MemoryBoard(time, worldLateMs);
  const trusted: Noticeboard = {
    ...noBoard,
    async read(id) {
      const news = await kv.read(id);
      return news && fromAfar(news, time.nowMs());
    },
    post: (id, news) => kv.post(id, news),
  };
  const worldBoard = world ? trusted : noBoard;
  const colos = Array.from({ length: coloCount }, () => (colo ? new MemoryBoard(time) : noBoard));
  const isolates = Array.from({ length: isolateCount }, (_, index) =>
    isolate(colos[index % coloCount] ?? noBoard, worldBoard),
  );
  const cron = isolate(noBoard, worldBoard);

  const endMs = upMs + afterwardsMs;
  for (let atMs = startMs; atMs < endMs; atMs += 60_000) {
    if (world) time.at(atMs + 20_000, () => void cron.watch());
  }
  for (let atMs = startMs; atMs < endMs;) {
    atMs += Math.max(1, Math.round((-Math.log(1 - chance()) * 1_000) / requestsPerSecond));
    const asked = isolates[Math.floor(chance() * isolateCount)];
    time.at(atMs, () => void request(asked));
  }
  async function request(asked: OriginHealth | undefined): Promise<void> {
    const atMs = time.nowMs();
    toll.requests += 1;
    const deadline = createDeadline(time, atMs, 15_000);
    const outcome = await asked?.ask("ranking", "A text.", deadline, answer);
    const tenth = Math.floor((atMs - upMs) / 10_000);
    const count = served.get(tenth) ?? { ok: 0, all: 0 };
    served.set(tenth, { ok: count.ok + (outcome?.ok ? 1 : 0), all: count.all + 1 });
    if (outcome?.ok || time.nowMs() - atMs < capMs) return;
    toll.timeouts += 1;
    if (atMs - startMs >= 60_000) toll.timeoutsAfterFirstMinute += 1;
  }
  await time.runUntil(endMs);
  const backSeconds = (share: number) => {
    const lacking = [...served].filter(([at, { ok: good, all }]) => at >= 0 && good < share * all);
    return 10 * (Math.max(-1, ...lacking.map(([at]) => at)) + 1);
  };
  return { ...toll, halfBackSeconds: backSeconds(0.5), backSeconds: backSeconds(0.9) };
}

describe("an outage of five minutes before 1,000 cold isolates in 10 data centres", () => {
  const tolls: Record<string, Toll> = {};
  const toll = (name: string) => tolls[name] ?? expect.fail(name);

  beforeAll(async () => {
    tolls["no breaker"] = await simulate({ mode: "closed", colo: false, world: false });
    tolls["isolate alone"] = await simulate({ mode: "auto", colo: false, world: false });
    tolls["and KV"] = await simulate({ mode: "auto", colo: false, world: true });
    tolls["and Cache API"] = await simulate({ mode: "auto", colo: true, world: false });
    tolls["all three"] = await simulate({ mode: "auto", colo: true, world: true });
    const head =
      "known by | requests | timeouts paid | after 1 min | probes | half back | back after";
    const rows = Object.entries(tolls).map(([name, each]) =>
      [
        name,
        each.requests,
        each.timeouts,
        each.timeoutsAfterFirstMinute,
        each.probes,
        `${each.halfBackSeconds} s`,
        `${each.backSeconds} s`,
      ].join(" | "),
    );
    console.log([head, ...rows].join("\n"));
  }, 60_000);

  it("costs every request its timeout without a breaker", () => {
    expect(toll("no breaker").timeouts).toBeGreaterThan(
      0.98 * (outageMs / 1_000) * requestsPerSecond,
    );
  });

  it("costs each isolate one or two where isolates know nothing of each other", () => {
    expect(toll("isolate alone").timeouts).toBeGreaterThan(0.9 * isolateCount);
    expect(toll("isolate alone").timeouts).toBeLessThan(1.5 * isolateCount);
  });

  it("costs a data centre what was under way while the first one found out", () => {
    // Its timeout, then its probes': after that nobody waits.
    const findingOutSeconds = (2 * capMs) / 1_000;
    const underWay = findingOutSeconds * requestsPerSecond;
    expect(toll("all three").timeouts).toBeLessThan(1.3 * underWay);
    expect(toll("all three").timeoutsAfterFirstMinute).toBe(0);
  });

  it("is spared the isolates that come later by KV alone, where the Cache API does nothing", () => {
    const late = toll("isolate alone").timeoutsAfterFirstMinute;
    expect(toll("and KV").timeoutsAfterFirstMinute).toBeLessThan(0.5 * late);
  });

  it("takes a few probes a minute from each data centre, not from each isolate", () => {
    expect(toll("all three").probes).toBeLessThan(0.25 * toll("isolate alone").probes);
  });

  it("ends by and by: no stampede at once, and nearly all is back within three minutes", () => {
    expect(toll("all three").halfBackSeconds).toBeGreaterThan(15);
    expect(toll("all three").backSeconds).toBeLessThanOrEqual(180);
  });
});
