// The values of the most recently used keys of this isolate, for a minute.
import type { Clock } from "../core/ports.ts";

/** Keys remembered at most; the least recently used goes first. */
const maxKeys = 200;
const rememberedMs = 60_000;

export class Recent<Value> {
  readonly #clock: Clock;
  /** In order of use: a key that is deleted and set again moves to the end. */
  readonly #values = new Map<string, { readonly value: Value; readonly untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string): Value | null {
    const found = this.#values.get(key);
    if (found === undefined) return null;
    this.#values.delete(key);
    if (this.#clock.nowMs() >= found.untilMs) return null;
    this.#values.set(key, found);
    return found.value;
  }

  set(key: string, value: Value): void {
    this.#values.delete(key);
    this.#values.set(key, { value, untilMs: this.#clock.nowMs() + rememberedMs });
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= maxKeys) break;
      this.#values.delete(oldest);
    }
  }
}
