// Texts that a hosted model refused: for a few minutes it is not asked, and paid, to refuse again.
import type { RankerSource, SummarizerSource } from "../core/domain.ts";
import type { Failure } from "../core/failure.ts";
import type { Clock, ResultCache } from "../core/ports.ts";
import { EntryStore } from "./entry-store.ts";
import { blockedSeconds, isFromTheFuture } from "./freshness.ts";
import type { KeyMaker } from "./key.ts";
import type { Visit } from "./visit.ts";

interface Blocked {
  readonly tenant: string;
  /** Epoch ms. */
  readonly at: number;
}

export interface BlockedLookup {
  /** To be called when KV is about to be read for the answer. */
  readonly begin: () => void;
  /** Null where it may be asked. */
  readonly failure: () => Promise<Failure | null>;
}

/** Each refusal is named by the key that its answer would have had, under a prefix of its own. */
export class BlockedAnswers {
  readonly #entries: EntryStore<Blocked>;
  readonly #keys: KeyMaker;
  readonly #clock: Clock;

  constructor(kv: ResultCache | null, keys: KeyMaker, clock: Clock) {
    this.#entries = new EntryStore(kv, clock, isBlocked);
    this.#keys = keys;
    this.#clock = clock;
  }

  /**
   * Looks whether this was refused within the last minutes, where that stops anything: a refresh asks
   * again, and only a hosted model is paid for refusing. Beside the read of the answer, not behind it:
   * a text that is new would wait for KV twice.
   */
  lookup(answerKey: string, source: RankerSource | SummarizerSource, visit: Visit): BlockedLookup {
    let refused = Promise.resolve(false);
    return {
      begin: () => {
        if (source === "gemini" && visit.mode === "default") refused = this.#has(answerKey, visit);
      },
      failure: async () =>
        (await refused) ? { reason: "gemini_blocked", remembered: true } : null,
    };
  }

  /** What it takes is not counted: the read of the answer takes as long. */
  async #has(answerKey: string, { tenant, deadline, report }: Visit): Promise<boolean> {
    const key = await this.#keys.entry("blocked", [answerKey]);
    const recent = this.#entries.peek(key, tenant);
    if (recent !== null && this.#holds(recent)) return true;
    const read = await this.#entries.read(key, tenant, deadline.spareMs());
    if (!read.ok) report(read.failure);
    if (!read.ok || read.value === null || !this.#holds(read.value)) return false;
    this.#entries.remember(key, read.value);
    return true;
  }

  async add(answerKey: string, { tenant, report }: Visit): Promise<void> {
    const key = await this.#keys.entry("blocked", [answerKey]);
    const entry = { tenant, at: this.#clock.nowMs() };
    const written = await this.#entries.write(key, entry, blockedSeconds);
    if (!written.ok) report(written.failure);
  }

  #holds({ at }: Blocked): boolean {
    const nowMs = this.#clock.nowMs();
    return !isFromTheFuture(at, nowMs) && nowMs < at + blockedSeconds * 1_000;
  }
}

function isBlocked(value: unknown): value is Blocked {
  if (typeof value !== "object" || value === null) return false;
  const { tenant, at } = value as Record<string, unknown>;
  return typeof tenant === "string" && Number.isFinite(at);
}
