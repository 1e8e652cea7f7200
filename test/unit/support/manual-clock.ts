// A clock that stands still until a test moves it.
import type { Clock } from "../../../gateway/core/ports.ts";

/** Noon of a fixed day, epoch ms. */
const noonMs = Date.UTC(2026, 10, 22, 12);

export class ManualClock implements Clock {
  #nowMs = noonMs;
  readonly #timers = new Map<AbortController, number>();

  nowMs(): number {
    return this.#nowMs;
  }

  timeoutSignal(delayMs: number): AbortSignal {
    const controller = new AbortController();
    this.#timers.set(controller, this.#nowMs + delayMs);
    return controller.signal;
  }

  /** How long until the next signal aborts; null when none will. */
  get dueMs(): number | null {
    return this.#timers.size === 0 ? null : Math.min(...this.#timers.values()) - this.#nowMs;
  }

  /** Moves the time on and aborts what is due. */
  advance(ms: number): void {
    this.#nowMs += ms;
    for (const [controller, dueMs] of this.#timers) {
      if (dueMs > this.#nowMs) continue;
      this.#timers.delete(controller);
      controller.abort();
    }
  }
}
