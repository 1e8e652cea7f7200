// Texts that a hosted model refused: for a few minutes it is not asked, and paid, to refuse again.
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
   * Whether this was refused within the last minutes. Asked beside the read of the answer itself, not
   * behind it: a text that is new would wait for KV twice. So its time is not counted either.
   */
  async has(answerKey: string, { tenant, deadline, report }: Visit): Promise<boolean> {
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
