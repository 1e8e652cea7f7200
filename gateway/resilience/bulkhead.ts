// So many calls at once and no more: a slow origin must not fill an isolate's memory.
import type { Clock } from "../core/ports.ts";

/**
 * Places for calls under way. A place is free again when it is left, or when its time is over: on
 * Workers a call whose client has gone may never come to an end.
 */
export class Bulkhead {
  readonly #places = new Map<symbol, number>();
  readonly #clock: Clock;
  readonly #size: number;

  constructor(clock: Clock, size: number) {
    this.#clock = clock;
    this.#size = size;
  }

  /**
   * Takes a place for at most `forMs`.
   * @returns how to leave it; null when all are taken
   */
  enter(forMs: number): (() => void) | null {
    const nowMs = this.#clock.nowMs();
    for (const [place, untilMs] of this.#places) {
      if (untilMs <= nowMs) this.#places.delete(place);
    }
    if (this.#places.size >= this.#size) return null;
    const place = Symbol("place");
    this.#places.set(place, nowMs + forMs);
    return () => void this.#places.delete(place);
  }
}
