// What is known of one text by one ranker: read once, joined with what this isolate knows, written once.
import type { Clock, ResultCache } from "../core/ports.ts";
import { EntryStore } from "./entry-store.ts";
import { isStoredScores, merge, usableUntil, type StoredScores } from "./stored-scores.ts";
import type { Visit } from "./visit.ts";

/** A read before a write happens after the answer, when no request waits for it. */
const deferredReadMs = 2_000;

/** `isWhole`: KV was read, so that what is not here is nowhere. */
export interface Known {
  readonly entry: StoredScores | null;
  readonly isWhole: boolean;
}

export class ScoreEntries {
  readonly #entries: EntryStore<StoredScores>;
  readonly #clock: Clock;

  constructor(kv: ResultCache | null, clock: Clock) {
    this.#entries = new EntryStore(kv, clock, isStoredScores);
    this.#clock = clock;
  }

  /**
   * This isolate's memory where that is enough, else KV too: one read. Nothing on refresh.
   * @param beside called when KV is about to be read, for what is to be read at the same time
   */
  async find(
    key: string,
    { tenant, mode, deadline, readTook, report }: Visit,
    isEnough: (entry: StoredScores) => boolean,
    beside: () => void,
  ): Promise<Known> {
    if (mode === "refresh") return { entry: null, isWhole: false };
    const recent = this.#entries.peek(key, tenant);
    if (recent !== null && isEnough(recent)) {
      readTook?.(0);
      return { entry: recent, isWhole: true };
    }
    beside();
    const read = await this.#entries.read(key, tenant, deadline.spareMs(), readTook);
    if (!read.ok) {
      report(read.failure);
      return { entry: recent, isWhole: false };
    }
    // KV may be behind what this isolate wrote itself.
    const entry = this.#withRecent(key, tenant, read.value);
    if (entry !== null) this.#entries.remember(key, entry);
    return { entry, isWhole: true };
  }

  /** Adds new scores to what was found; KV is read again only where it was not read before. */
  async add(key: string, scores: StoredScores, found: Known, visit: Visit): Promise<void> {
    const { tenant, report } = visit;
    let { entry, isWhole } = found;
    if (!isWhole) {
      const read = await this.#entries.read(key, tenant, deferredReadMs);
      if (read.ok) entry = read.value;
      else report(read.failure);
      isWhole = read.ok;
    }
    // Another request of this isolate may have written since.
    const before = this.#withRecent(key, tenant, entry);
    const nowMs = this.#clock.nowMs();
    const merged = merge(before, scores, nowMs);
    // What KV holds cannot be told: to write would be to lose it.
    if (!isWhole) return this.#entries.remember(key, merged);
    const keepSeconds = (usableUntil(merged) - nowMs) / 1_000;
    const written = await this.#entries.write(key, merged, keepSeconds);
    if (!written.ok) report(written.failure);
  }

  #withRecent(key: string, tenant: string, entry: StoredScores | null): StoredScores | null {
    const recent = this.#entries.peek(key, tenant);
    return recent === null ? entry : merge(entry, recent, this.#clock.nowMs());
  }
}
