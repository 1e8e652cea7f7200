// A clock that stands still until a test moves it.
import type { Clock } from "../../../gateway/core/ports.ts";

/** Noon of a fixed day, epoch ms. */
const noonMs = Date.UTC(2026, 10, 22, 12);

export class ManualClock implements Clock {
  #nowMs = noonMs;
  readonly #timers = new Set<{ readonly dueMs: number; readonly ring: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  timeoutSignal(delayMs: number): AbortSignal {
    const controller = new AbortController();
    this.timer(delayMs, () => controller.abort());
    return controller.signal;
  }

  timer(delayMs: number, ring: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, ring };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** How long until the next timer rings; null when none will. */
  get dueMs(): number | null {
    const due = [...this.#timers].map(({ dueMs }) => dueMs);
    return due.length === 0 ? null : Math.min(...due) - this.#nowMs;
  }

  /** Moves the time on and rings what is due. */
  advance(ms: number): void {
    this.#nowMs += ms;
    for (const timer of this.#timers) {
      if (timer.dueMs > this.#nowMs) continue;
      this.#timers.delete(timer);
      timer.ring();
    }
  }
}
