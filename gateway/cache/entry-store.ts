// One kind of cache entries: in this isolate's memory, and behind it in KV.
import { ok, type Result } from "../core/failure.ts";
import type { CacheFault, Clock, ResultCache } from "../core/ports.ts";
import { sleep } from "../core/within.ts";
import { Recent } from "./recent.ts";

/** KV takes one write a second and key, and refuses more. */
const writeEveryMs = 1_000;

interface Write<Entry> {
  readonly entry: Entry;
  readonly ttlSeconds: number;
}

/**
 * Entries carry their tenant inside, and no other tenant is given them, whatever the key says.
 * Without KV nothing is kept, in memory neither.
 */
export class EntryStore<Entry extends { readonly tenant: string }> {
  readonly #kv: ResultCache | null;
  readonly #clock: Clock;
  readonly #isEntry: (value: unknown) => value is Entry;
  readonly #recent: Recent<Entry>;
  /** The latest value of each key that waits for its turn; whoever's turn comes first writes it. */
  readonly #waiting = new Map<string, Write<Entry>>();
  /** When each key was written, of the last second; in order of time. */
  readonly #writtenMs = new Map<string, number>();

  /** @param isEntry whether a value read from KV is such an entry: anybody may have put it there */
  constructor(kv: ResultCache | null, clock: Clock, isEntry: (value: unknown) => value is Entry) {
    this.#kv = kv;
    this.#clock = clock;
    this.#isEntry = isEntry;
    this.#recent = new Recent(clock);
  }

  /** What this isolate read or wrote within the last minute, or has yet to write; null if nothing. */
  peek(key: string, tenant: string): Entry | null {
    // Memory may have let go of what waits to be written: whoever adds to KV's older value would undo it.
    const entry = this.#recent.get(key) ?? this.#waiting.get(key)?.entry ?? null;
    return entry?.tenant === tenant ? entry : null;
  }

  /**
   * What KV holds: possibly a minute and more behind the times. null if nothing that is an entry.
   * @param took hears how long it took, ms
   */
  async read(
    key: string,
    tenant: string,
    budgetMs: number,
    took?: (ms: number) => void,
  ): Promise<Result<Entry | null, CacheFault>> {
    if (this.#kv === null) return ok(null);
    const startedMs = this.#clock.nowMs();
    const read = await this.#kv.get(key, budgetMs);
    took?.(this.#clock.nowMs() - startedMs);
    if (!read.ok) return read;
    const { value } = read;
    return ok(this.#isEntry(value) && value.tenant === tenant ? value : null);
  }

  /** Keeps an entry in memory alone. */
  remember(key: string, entry: Entry): void {
    if (this.#kv !== null) this.#recent.set(key, entry);
  }

  /** Keeps an entry in memory at once, and in KV as soon as a second has passed since the last time. */
  async write(key: string, entry: Entry, ttlSeconds: number): Promise<Result<null, CacheFault>> {
    if (this.#kv === null) return ok(null);
    this.#recent.set(key, entry);
    this.#waiting.set(key, { entry, ttlSeconds });
    const waitMs = (this.#writtenMs.get(key) ?? 0) + writeEveryMs - this.#clock.nowMs();
    if (waitMs > 0) await sleep(this.#clock, waitMs);
    // Another request's turn came first, and it wrote the latest: ours, or one made from ours.
    const write = this.#waiting.get(key);
    if (write === undefined) return ok(null);
    this.#waiting.delete(key);
    this.#noteWrite(key);
    return this.#kv.put(key, write.entry, write.ttlSeconds);
  }

  #noteWrite(key: string): void {
    const nowMs = this.#clock.nowMs();
    for (const [other, writtenMs] of this.#writtenMs) {
      if (writtenMs > nowMs - writeEveryMs) break;
      this.#writtenMs.delete(other);
    }
    this.#writtenMs.delete(key);
    this.#writtenMs.set(key, nowMs);
  }
}
