// One soak: steady load on the real `npm start`, faults by the schedule, each answer judged.
import type { z } from "zod";
import { problemAnswer } from "../../gateway/edge/answer-schema.ts";
import { setTimeout as pause } from "node:timers/promises";
import { chance } from "../eval/chance.ts";
import { expectedScore } from "../support/overlap.ts";
import { startStack, type Stack } from "../support/stack.ts";
import { EventLines } from "./event-lines.ts";
import { invariants, type Answer, type Case } from "./invariants.ts";
import { bodyOf, Load, type Ask } from "./load.ts";
import type { FreshAnswer } from "./recovery.ts";
import { isAlive, type Phase } from "./schedule.ts";
import { Stalls } from "./stalls.ts";
import { Upstreams } from "./upstreams.ts";

const requestsPerSecond = 6;
/** A hanging upstream makes requests pile up: beyond this many the load waits. */
const maxInFlight = 48;
/** A client that waits longer than any deadline has no answer. */
const clientTimeoutMs = 45_000;
/** An event line is printed when what the request left to do is done. */
const lineWithinMs = 40_000;
/** An open circuit is probed again within 72 s and returns in steps; an overload is remembered for 2 min. */
const originReturnMs = 130_000;
/**
 * Of a request that says that Gemini's circuit is open: there was a fault within this. It is tried again
 * within 18 s, or 31 s where Gemini asked for 26; a trial that hangs is forgotten after 10 s.
 */
const geminiReturnMs = 45_000;

export interface Violation {
  readonly invariant: string;
  readonly id: string;
  readonly atMs: number;
  readonly detail: string;
  /** Faults that touched it. */
  readonly faults: readonly string[];
  /** How long the machine itself stood still meanwhile, as the driver's own timer saw it. */
  readonly stalledMs: number;
  /** The Worker's own account. */
  readonly event: object | null;
}

export interface Outcome {
  readonly violations: readonly Violation[];
  /** Answers by status, and 200s by source. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly sources: Readonly<Record<string, number>>;
  readonly caches: Readonly<Record<string, number>>;
  readonly degraded: number;
  /** At the client, ms. */
  readonly outsideMs: readonly number[];
  readonly mostUpstreamCalls: number;
  readonly upstreamCalls: number;
  /** How often each invariant could have been broken: answers it was judged on. */
  readonly judged: number;
  readonly knownToOrigin: number;
  readonly fresh: readonly FreshAnswer[];
  /** Times the load had to wait because too many requests were in flight. */
  readonly held: number;
  readonly longestStallMs: number;
}

type Shown = Omit<Case, "durationMs" | "billed"> & {
  readonly atMs: number;
  readonly endedMs: number;
  readonly stalledMs: number;
  readonly isGood: boolean;
};

class Soak {
  readonly #stack: Stack;
  readonly #upstreams: Upstreams;
  readonly #phases: readonly Phase[];
  readonly #lines: EventLines;
  readonly #load: Load;
  readonly #startedMs = performance.now();
  /** Theme ids that the origin has scored and the cache has taken, by the text's marker. */
  readonly #good = new Map<string, Set<string>>();
  /** Cases whose event line has not come. */
  readonly #waiting = new Map<string, Shown>();
  readonly #inFlight = new Set<Promise<void>>();
  readonly stalls = new Stalls(() => this.#nowMs());
  readonly violations: Violation[] = [];
  readonly counts = { statuses: {}, sources: {}, caches: {} } as Record<
    "statuses" | "sources" | "caches",
    Record<string, number>
  >;
  readonly outsideMs: number[] = [];
  readonly fresh: FreshAnswer[] = [];
  degraded = 0;
  judged = 0;
  knownToOrigin = 0;
  mostUpstreamCalls = 0;
  held = 0;

  constructor(stack: Stack, upstreams: Upstreams, phases: readonly Phase[], seed: number) {
    this.#stack = stack;
    this.#upstreams = upstreams;
    this.#phases = phases;
    this.#lines = new EventLines(stack.output);
    this.#load = new Load(chance(seed + 1));
  }

  async run(durationMs: number): Promise<void> {
    const faults = this.#inject();
    for (let count = 0; ; count += 1) {
      const dueMs = (count * 1_000) / requestsPerSecond;
      if (dueMs >= durationMs) break;
      await pause(Math.max(0, dueMs - this.#nowMs()));
      if (this.#inFlight.size >= maxInFlight) {
        this.held += 1;
        await Promise.race(this.#inFlight);
      }
      if (this.#nowMs() >= durationMs) break;
      const asked = this.#ask(this.#load.next());
      this.#inFlight.add(asked);
      void asked.finally(() => this.#inFlight.delete(asked));
      this.#judgeTold();
    }
    await Promise.all([faults, ...this.#inFlight]);
    const endMs = this.#nowMs() + lineWithinMs;
    while (this.#waiting.size > 0 && this.#nowMs() < endMs) {
      await pause(100);
      this.#judgeTold();
    }
    for (const shown of this.#waiting.values()) {
      this.#judge({ ...shown, durationMs: null, billed: null }, shown, null);
    }
    for (const [id, detail] of this.#lines.faults) {
      const at = { id, atMs: 0, faults: [], stalledMs: 0, event: null };
      this.violations.push({ invariant: "one valid event a request", detail, ...at });
      console.error(`VIOLATION ${id}: ${detail}`);
    }
    this.stalls.stop();
  }

  #nowMs(): number {
    return performance.now() - this.#startedMs;
  }

  async #inject(): Promise<void> {
    const switches = this.#phases
      .flatMap(({ upstream, fault, fromMs, untilMs }) => [
        { atMs: fromMs, act: () => this.#upstreams.break(upstream, fault) },
        { atMs: untilMs, act: () => this.#upstreams.mend(upstream, fault) },
      ])
      .toSorted((a, b) => a.atMs - b.atMs);
    for (const { atMs, act } of switches) {
      await pause(Math.max(0, atMs - this.#nowMs()));
      await act();
    }
  }

  async #ask(ask: Ask): Promise<void> {
    const startedMs = this.#nowMs();
    const callsBefore = this.#upstreams.callsOf(ask.marker);
    const good = this.#good.get(ask.marker);
    const knownToOrigin = good !== undefined && ask.themes.every(({ id }) => good.has(id));
    const { status, answer, attempts } = await this.#send(ask);
    const passedOver = attempts.some(
      ({ source, reason }) => source === "gemini" && reason === "circuit_open",
    );
    const endedMs = this.#nowMs();
    const upstreamCalls = this.#upstreams.callsOf(ask.marker) - callsBefore;
    const alive = (upstream: "origin" | "gemini", sinceMs: number) =>
      isAlive(this.#phases, upstream, sinceMs, endedMs);
    this.#waiting.set(ask.id, {
      ask,
      status,
      answer,
      upstreamCalls,
      knownToOrigin,
      alive: [
        ...(alive("origin", startedMs - originReturnMs) ? (["origin"] as const) : []),
        ...(alive("gemini", startedMs - (passedOver ? geminiReturnMs : 0))
          ? (["gemini"] as const)
          : []),
        "lexical",
      ],
      originScores: Object.fromEntries(
        ask.themes.map(({ id, label, description }) => [
          id,
          expectedScore(ask.text, `${label}: ${description}`),
        ]),
      ),
      atMs: startedMs,
      endedMs,
      stalledMs: Math.round(this.stalls.within(startedMs, endedMs)),
      isGood: answer?.source === "origin" && !answer.degraded && ask.cache !== "no-store",
    });
    this.outsideMs.push(endedMs - startedMs);
    this.#tally(ask, status, answer, startedMs, endedMs);
    this.#load.answered(ask);
  }

  async #send(ask: Ask): Promise<{
    readonly status: number | null;
    readonly answer: Answer | null;
    readonly attempts: NonNullable<z.output<typeof problemAnswer>["attempts"]>;
  }> {
    try {
      const response = await fetch(`${this.#stack.url}${ask.route}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-request-id": ask.id },
        body: JSON.stringify(bodyOf(ask)),
        signal: AbortSignal.timeout(clientTimeoutMs),
      });
      const { status } = response;
      if (status === 200)
        return { status, answer: (await response.json()) as Answer, attempts: [] };
      const { attempts = [] } = problemAnswer.parse(await response.json());
      return { status, answer: null, attempts };
    } catch {
      return { status: null, answer: null, attempts: [] };
    }
  }

  #tally(ask: Ask, status: number | null, answer: Answer | null, from: number, to: number): void {
    const add = (counts: Record<string, number>, name: string) => {
      counts[name] = (counts[name] ?? 0) + 1;
    };
    add(this.counts.statuses, String(status ?? "none"));
    if (answer === null) return;
    add(this.counts.sources, answer.source);
    add(this.counts.caches, answer.cache.status);
    if (answer.degraded) this.degraded += 1;
    if (answer.cache.status === "hit") return;
    const couldFailOver = ask.sources.includes("origin") && ask.sources.length > 1;
    const byOrigin = answer.source === "origin" && !answer.degraded;
    this.fresh.push({ startedMs: from, endedMs: to, byOrigin, couldFailOver });
  }

  /** Judges those whose event line has come. */
  #judgeTold(): void {
    this.#lines.look();
    for (const [id, shown] of this.#waiting) {
      const line = this.#lines.take(id);
      if (line === null) continue;
      this.#waiting.delete(id);
      const hasFault = line.cache_faults !== undefined;
      const knownToOrigin = shown.knownToOrigin && !hasFault;
      const { duration_ms: durationMs, calls, cost_usd: costUsd = null } = line;
      const billed = calls === undefined ? null : { calls: calls.length, costUsd };
      this.#judge({ ...shown, knownToOrigin, durationMs, billed }, shown, line);
      if (!shown.isGood || hasFault) continue;
      const good = this.#good.get(shown.ask.marker) ?? new Set<string>();
      for (const theme of shown.ask.themes) good.add(theme.id);
      this.#good.set(shown.ask.marker, good);
    }
  }

  #judge(subject: Case, { atMs, endedMs, stalledMs }: Shown, event: object | null): void {
    this.judged += 1;
    if (subject.knownToOrigin) this.knownToOrigin += 1;
    this.mostUpstreamCalls = Math.max(this.mostUpstreamCalls, subject.upstreamCalls);
    for (const [invariant, broken] of Object.entries(invariants)) {
      const detail = broken(subject);
      if (detail === null) continue;
      const faults = this.#phases
        .filter(({ fromMs, untilMs }) => fromMs <= endedMs && untilMs >= atMs)
        .map(({ upstream, fault }) => `${upstream} ${fault}`);
      const { id } = subject.ask;
      const at = { id, atMs: Math.round(atMs) };
      const violation = { invariant, ...at, detail, faults, stalledMs, event };
      this.violations.push(violation);
      console.error(`VIOLATION ${JSON.stringify(violation)}`);
    }
  }
}

/** @param seed also of the load, so that a run can be had again */
export async function soak(
  phases: readonly Phase[],
  durationMs: number,
  seed: number,
): Promise<Outcome> {
  await using upstreams = await Upstreams.start();
  const stack = await startStack(["--origin", upstreams.origin.url], {
    AUTH_MODE: "open",
    GEMINI_API_KEY: "a-key",
    GEMINI_BASE_URL: upstreams.gemini.url,
    ORIGIN_HOURLY_USD: "0.526",
  });
  try {
    const run = new Soak(stack, upstreams, phases, seed);
    await run.run(durationMs);
    const { violations, outsideMs, fresh, degraded, judged, knownToOrigin } = run;
    const { mostUpstreamCalls, held, counts } = run;
    return {
      ...counts,
      violations,
      outsideMs,
      fresh,
      degraded,
      judged,
      knownToOrigin,
      mostUpstreamCalls,
      held,
      longestStallMs: run.stalls.longestMs,
      upstreamCalls: upstreams.calls,
    };
  } finally {
    await stack.stop();
  }
}
