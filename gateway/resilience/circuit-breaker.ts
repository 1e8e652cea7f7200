// One replica's circuit: closed, open, and the gradual way back.
import type { CircuitView } from "../core/circuit.ts";
import type { Reason } from "../core/failure.ts";
import type { Clock } from "../core/ports.ts";
import { breakerSettings } from "./breaker-settings.ts";
import { RecentCalls } from "./recent-calls.ts";

const slowStartMs = breakerSettings.slowStart.at(-1)?.untilMs ?? 0;

type State =
  | { readonly kind: "closed" }
  | Opened
  /** `startedMs`: when requests began to be given back. */
  | (Omit<Opened, "kind"> & { readonly kind: "returning"; readonly startedMs: number });

interface Opened {
  readonly kind: "open";
  /** Epoch ms of the first failure of this outage. */
  readonly sinceMs: number;
  /** Epoch ms of the latest opening: older news is no news. */
  readonly openedMs: number;
  /** Epoch ms from which it may be probed. */
  readonly untilMs: number;
  readonly openings: number;
  readonly reason: Reason;
}

/** What isolates tell each other of a circuit. Times are epoch ms. */
export interface CircuitNews {
  readonly state: "open" | "returned";
  readonly atMs: number;
  /** Of an open circuit: when it may be probed. */
  readonly untilMs: number;
  readonly openings: number;
  readonly reason: Reason;
}

/** A call's tie to the state it was let through in: what comes of it later may not concern the next. */
export type Ticket = number;

/**
 * The state machine. It never asks anybody itself: the caller records what came of calls and probes.
 * @param chance 0 to 1, drawn for jitter and for each request of a slow start
 */
export class CircuitBreaker {
  #state: State = { kind: "closed" };
  #ticket: Ticket = 0;
  #calls: RecentCalls;
  #succeededMs = Number.NEGATIVE_INFINITY;
  #nextProbeMs = Number.NEGATIVE_INFINITY;
  readonly #clock: Clock;
  readonly #chance: () => number;

  constructor(clock: Clock, chance: () => number) {
    this.#clock = clock;
    this.#chance = chance;
    this.#calls = new RecentCalls(clock);
  }

  get view(): CircuitView {
    const state = this.#current();
    if (state.kind === "closed") return { state: "closed", sinceMs: null, reason: null };
    const { sinceMs, reason } = state;
    const isOpen = state.kind === "open" && !this.waits;
    return { state: isOpen ? "open" : "half-open", sinceMs, reason };
  }

  /** Epoch ms of the last success; minus infinity when there was none. */
  get succeededMs(): number {
    return this.#succeededMs;
  }

  /** A ticket for one call, or null: not now. */
  admit(): Ticket | null {
    const state = this.#current();
    if (state.kind === "open") return null;
    if (state.kind === "returning") {
      const ageMs = this.#clock.nowMs() - state.startedMs;
      const step = breakerSettings.slowStart.find(({ untilMs }) => ageMs < untilMs);
      if (step !== undefined && this.#chance() >= step.share) return null;
    }
    return this.#ticket;
  }

  succeeded(ticket: Ticket): void {
    this.#current();
    if (ticket !== this.#ticket) return;
    this.#succeededMs = this.#clock.nowMs();
    this.#calls.succeeded();
  }

  /** @returns whether it opened */
  failed(ticket: Ticket, hard: boolean, reason: Reason): boolean {
    const state = this.#current();
    if (ticket !== this.#ticket || state.kind === "open") return false;
    const opens = this.#calls.failed(hard) || state.kind === "returning";
    if (opens) this.trip(reason);
    return opens;
  }

  /** Opens it, or keeps it open for longer: a probe failed, or enough has. */
  trip(reason: Reason): void {
    const state = this.#current();
    const nowMs = this.#clock.nowMs();
    const openings = state.kind === "closed" ? 1 : state.openings + 1;
    const { openMs, maxOpenMs, jitter } = breakerSettings;
    const lengthMs = Math.min(maxOpenMs, openMs * 2 ** (openings - 1));
    const untilMs = nowMs + lengthMs * (1 + jitter * (2 * this.#chance() - 1));
    const sinceMs = state.kind === "closed" ? nowMs : state.sinceMs;
    this.#become({ kind: "open", sinceMs, openedMs: nowMs, untilMs, openings, reason });
  }

  /** Whether its time is over and nothing has led it back yet. */
  get waits(): boolean {
    const state = this.#current();
    return state.kind === "open" && this.#clock.nowMs() >= state.untilMs;
  }

  /**
   * Whether a probe is due; the next one is due only `forMs` later, should nothing come of this one.
   * @param mayProbe asked last: false leaves it due
   */
  startProbe(forMs: number, mayProbe: () => boolean = () => true): boolean {
    const nowMs = this.#clock.nowMs();
    if (!this.waits || nowMs < this.#nextProbeMs || !mayProbe()) return false;
    this.#nextProbeMs = nowMs + forMs;
    return true;
  }

  /** The probes succeeded: requests are given back, a few at first. */
  startReturn(): void {
    const state = this.#current();
    if (state.kind !== "open") return;
    this.#become({ ...state, kind: "returning", startedMs: this.#clock.nowMs() });
  }

  /**
   * What others found. News may open what has no newer success of its own. It never closes: for a
   * circuit that waits to be probed it may begin the slow start, if it is newer than the opening.
   */
  learn(news: CircuitNews): void {
    const state = this.#current();
    const nowMs = this.#clock.nowMs();
    const { maxSkewMs, maxOpenMs, jitter, newsGraceMs, maxReturnAgeMs, slowStart } =
      breakerSettings;
    const { atMs, reason, openings } = news;
    if (atMs > nowMs + maxSkewMs) return;
    if (news.state === "returned") {
      const startedMs = Math.min(atMs, nowMs);
      const ageMs = nowMs - startedMs;
      if (state.kind === "open" && nowMs >= state.untilMs && atMs > state.openedMs) {
        // However long ago it was: it begins in the last step of the slow start, not after it.
        const latestMs = nowMs - (slowStart.at(-2)?.untilMs ?? 0);
        if (ageMs < maxReturnAgeMs)
          this.#become({ ...state, kind: "returning", startedMs: Math.max(startedMs, latestMs) });
      }
      // A new isolate takes part in the slow start of its data centre.
      if (state.kind === "closed" && atMs > this.#succeededMs && ageMs < slowStartMs) {
        const since = { sinceMs: startedMs, openedMs: startedMs, untilMs: startedMs };
        this.#become({ kind: "returning", startedMs, ...since, openings, reason });
      }
      return;
    }
    const untilMs = Math.min(news.untilMs, nowMs + maxOpenMs * (1 + jitter));
    const knownMs =
      state.kind === "open"
        ? state.openedMs
        : Math.max(this.#succeededMs, state.kind === "returning" ? state.startedMs : -Infinity);
    if (nowMs >= untilMs + newsGraceMs || atMs <= knownMs) return;
    const openedMs = Math.min(atMs, nowMs);
    const before = state.kind === "closed" ? { sinceMs: openedMs, openings: 1 } : state;
    const { sinceMs } = before;
    const known = Math.max(openings, before.openings);
    this.#become({ kind: "open", sinceMs, openedMs, untilMs, openings: known, reason });
  }

  /** What others should know; null while it is closed. */
  get news(): CircuitNews | null {
    const state = this.#current();
    if (state.kind === "closed") return null;
    const { openings, reason, untilMs } = state;
    return state.kind === "open"
      ? { state: "open", atMs: state.openedMs, untilMs, openings, reason }
      : { state: "returned", atMs: state.startedMs, untilMs, openings, reason };
  }

  /** The state now: a return that is over has closed it. */
  #current(): State {
    const state = this.#state;
    if (state.kind === "returning" && this.#clock.nowMs() - state.startedMs >= slowStartMs)
      this.#become({ kind: "closed" });
    return this.#state;
  }

  #become(state: State): void {
    // What was let through in a return still speaks for the circuit once that is over.
    const goesOn = this.#state.kind === "returning" && state.kind === "closed";
    this.#state = state;
    if (goesOn) return;
    this.#ticket += 1;
    this.#calls = new RecentCalls(this.#clock);
    this.#nextProbeMs = Number.NEGATIVE_INFINITY;
  }
}
