// Whether the hosted model is asked, and once more: a circuit without probes, for each call is paid.
import type { BreakerMode, CircuitView } from "../core/circuit.ts";
import { fail, wasNotAsked, type Failure, type Reason, type Result } from "../core/failure.ts";
import type { Clock, Stage } from "../core/ports.ts";
import { sleep } from "../core/within.ts";
import { breakerSettings } from "./breaker-settings.ts";
import { RecentCalls } from "./recent-calls.ts";
import { RetryBucket } from "./retry-bucket.ts";

/** Shorter than an origin's: while it is open, nobody finds out in the background that it is back. */
const maxOpenMs = 15_000;
/** What it may ask for. */
const maxWaitMs = 60_000;
/** A trial that has not come back by then is forgotten. */
const trialMs = 10_000;
/** Before another try of what failed at once: this long, and as much again by chance. */
const pauseMs = 100;
const pauseJitterMs = 300;
/** What another try needs to be worth its price. */
const minRetryMs = 1_000;

interface Outage {
  readonly sinceMs: number;
  /** Epoch ms from which one request may try it. */
  readonly untilMs: number;
  readonly openings: number;
  readonly reason: Reason;
}

/** One isolate's knowledge of the hosted model, kept for as long as the isolate lives. */
export class HostedHealth {
  #outage: Outage | null = null;
  #calls: RecentCalls;
  readonly #bucket = new RetryBucket();
  readonly #clock: Clock;
  readonly #chance: () => number;
  readonly #mode: BreakerMode;

  /**
   * @param mode `closed` = asked whatever fails; `open` is said of the origin alone
   * @param chance 0 to 1, drawn for jitter
   */
  constructor(clock: Clock, mode: BreakerMode, chance: () => number) {
    this.#clock = clock;
    this.#mode = mode;
    this.#chance = chance;
    this.#calls = new RecentCalls(clock);
  }

  get view(): CircuitView {
    if (this.#outage === null) return { state: "closed", sinceMs: null, reason: null };
    const { sinceMs, untilMs, reason } = this.#outage;
    return { state: this.#clock.nowMs() < untilMs ? "open" : "half-open", sinceMs, reason };
  }

  /**
   * Makes the call, unless it is known to be in vain; once more where what failed failed at once and
   * there is time, room in the bucket, and no outage.
   * @param call may be made twice; throwing is a bug and is not caught
   */
  async ask<T>(stage: Stage, call: () => Promise<Result<T>>): Promise<Result<T>> {
    const nowMs = this.#clock.nowMs();
    const outage = this.#outage;
    if (outage !== null) {
      if (nowMs < outage.untilMs) return fail({ reason: "circuit_open" });
      // One request tries it; those that come meanwhile go on without.
      this.#outage = { ...outage, untilMs: nowMs + trialMs };
    }
    const first = await call();
    const again = first.ok || outage !== null ? null : this.#retryAfterMs(first.failure);
    const leftMs = nowMs + stage.budgetMs - this.#clock.nowMs();
    let last = first;
    if (again !== null && leftMs >= again + minRetryMs && this.#bucket.take()) {
      await sleep(this.#clock, again);
      const second = await call();
      // Of a call that was not made there is nothing to tell.
      if (second.ok || !wasNotAsked(second.failure)) last = second;
    }
    this.#learn(last, outage !== null);
    return last;
  }

  /** ms to wait before another try; null = none: it would fail again, or cost a second time. */
  #retryAfterMs(failure: Failure): number | null {
    if (failure.reason === "gemini_quota")
      return failure.retryAfterSeconds && failure.retryAfterSeconds * 1_000;
    const verdict = verdictOf(failure);
    const atOnce = failure.reason !== "gemini_timeout" && failure.reason !== "gemini_bad_output";
    if (!atOnce || (verdict !== "hard" && verdict !== "soft")) return null;
    return pauseMs + pauseJitterMs * this.#chance();
  }

  #learn(answer: Result<unknown>, isTrial: boolean): void {
    if (answer.ok) {
      this.#outage = null;
      this.#bucket.succeeded();
      this.#calls.succeeded();
      return;
    }
    // Begun before it opened: one wave of failures is one outage, however many were under way.
    if (this.#outage !== null && !isTrial) return;
    const { failure } = answer;
    const verdict = verdictOf(failure);
    if (verdict === "none") {
      if (isAnswer(failure)) this.#outage = null;
      return;
    }
    const waitMs = failure.reason === "gemini_quota" ? (failure.retryAfterSeconds ?? 0) * 1_000 : 0;
    if (this.#outage === null && !this.#calls.failed(verdict === "hard") && waitMs === 0) return;
    this.#open(failure.reason, waitMs);
  }

  #open(reason: Reason, waitMs: number): void {
    if (this.#mode === "closed") return;
    const nowMs = this.#clock.nowMs();
    const { openMs, jitter } = breakerSettings;
    const openings = (this.#outage?.openings ?? 0) + 1;
    const growingMs = Math.min(maxOpenMs, openMs * 2 ** (openings - 1));
    const lengthMs = Math.max(growingMs, Math.min(maxWaitMs, waitMs));
    const untilMs = nowMs + lengthMs * (1 + jitter * (2 * this.#chance() - 1));
    this.#outage = { sinceMs: this.#outage?.sinceMs ?? nowMs, untilMs, openings, reason };
    this.#calls = new RecentCalls(this.#clock);
  }
}

/** What a failure says of the hosted model, as for an origin; `none`: nothing of its health. */
function verdictOf(failure: Failure): "hard" | "soft" | "none" {
  switch (failure.reason) {
    case "gemini_unreachable":
      return "hard";
    case "gemini_quota":
      return "soft";
    case "gemini_error":
      // Below 500 it refuses our key, our request or a model's name, and does so at once.
      return failure.status >= 500 ? "soft" : "none";
    case "gemini_timeout":
      return failure.limit === "cap" ? "soft" : "none";
    case "gemini_bad_output":
      return failure.defect === "not_json" || failure.defect === "wrong_shape" ? "soft" : "none";
    default:
      return "none";
  }
}

/** Whether it is there and said no, which ends a trial. */
function isAnswer({ reason }: Failure): boolean {
  return reason === "gemini_blocked" || reason === "gemini_bad_output" || reason === "gemini_error";
}

/** Resolves when the signal aborts. */
