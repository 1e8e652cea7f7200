// A noticeboard in memory, with the clock of the test; late when told so, as KV is.
import type { Clock } from "../../../gateway/core/ports.ts";
import type { CircuitNews } from "../../../gateway/resilience/circuit-breaker.ts";
import type { Noticeboard } from "../../../gateway/resilience/noticeboard.ts";

export class MemoryBoard implements Noticeboard {
  readonly #clock: Clock;
  readonly #lateMs: number;
  #posted: { readonly id: string; readonly news: CircuitNews; readonly atMs: number }[] = [];
  readonly #claims = new Map<string, number>();
  reads = 0;

  constructor(clock: Clock, lateMs = 0) {
    this.#clock = clock;
    this.#lateMs = lateMs;
  }

  read(id: string): Promise<CircuitNews | null> {
    this.reads += 1;
    const seenMs = this.#clock.nowMs() - this.#lateMs;
    const last = this.#posted.findLast((each) => each.id === id && each.atMs <= seenMs);
    return Promise.resolve(last?.news ?? null);
  }

  post(id: string, news: CircuitNews): Promise<void> {
    this.#posted.push({ id, news, atMs: this.#clock.nowMs() });
    return Promise.resolve();
  }

  claim(id: string): Promise<boolean> {
    const nowMs = this.#clock.nowMs();
    if ((this.#claims.get(id) ?? 0) > nowMs) return Promise.resolve(false);
    this.#claims.set(id, nowMs + 5_000);
    return Promise.resolve(true);
  }

  get posts(): readonly CircuitNews[] {
    return this.#posted.map(({ news }) => news);
  }
}
