// A result cache in memory that forgets by the injected clock, as KV forgets by its TTL.
import { ok, type Result } from "../../../gateway/core/failure.ts";
import type { CacheFault, Clock, ResultCache } from "../../../gateway/core/ports.ts";

export class MemoryCache implements ResultCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, { json: string; untilMs: number }>();
  /** Keys as they were read and written, in order. */
  readonly reads: string[] = [];
  readonly writes: { readonly key: string; readonly ttlSeconds: number }[] = [];

  /** What a read waits for. */
  held: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async get(key: string): Promise<Result<unknown, CacheFault>> {
    this.reads.push(key);
    await this.held;
    return ok(this.peek(key));
  }

  put(key: string, value: unknown, ttlSeconds: number): Promise<Result<null, CacheFault>> {
    this.writes.push({ key, ttlSeconds });
    const untilMs = this.#clock.nowMs() + ttlSeconds * 1_000;
    this.#entries.set(key, { json: JSON.stringify(value), untilMs });
    return Promise.resolve(ok(null));
  }

  /** What is stored under a key, without counting as a read. */
  peek(key: string): unknown {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#clock.nowMs() >= entry.untilMs) return null;
    return JSON.parse(entry.json) as unknown;
  }

  /** Replaces what the last write stored. */
  forge(change: (value: unknown) => unknown): void {
    const key = this.writes.at(-1)?.key ?? "";
    const entry = this.#entries.get(key);
    if (entry === undefined) throw new Error("nothing was written");
    entry.json = JSON.stringify(change(JSON.parse(entry.json)));
  }
}
