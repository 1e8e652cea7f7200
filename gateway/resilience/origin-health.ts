// Whether and at which of its servers the origin is asked.
import type { BreakerMode, CircuitView, OriginView } from "../core/circuit.ts";
import { fail, type Failure, type Result } from "../core/failure.ts";
import type { Clock, Deadline } from "../core/ports.ts";
import { Bulkhead } from "./bulkhead.ts";
import { classify, type OriginWork } from "./failure-class.ts";
import { GuardedReplica, type Replica, type ReplicaSettings } from "./guarded-replica.ts";
import { preference } from "./rendezvous.ts";

/** In flight at once in one isolate, over all replicas. */
const maxCalls = 32;
/** A call's end after its deadline is over, when it ends at all. */
const graceMs = 1_000;

export interface HealthSettings extends ReplicaSettings {
  readonly mode: BreakerMode;
}

/** One isolate's knowledge of the origin, kept for as long as the isolate lives. */
export class OriginHealth {
  readonly #replicas: readonly GuardedReplica[];
  readonly #ids: readonly string[];
  readonly #bulkhead: Bulkhead;
  readonly #mode: BreakerMode;

  constructor(replicas: readonly Replica[], clock: Clock, settings: HealthSettings) {
    this.#replicas = replicas.map((each) => new GuardedReplica(each, clock, settings));
    this.#ids = replicas.map(({ id }) => id);
    this.#bulkhead = new Bulkhead(clock, maxCalls);
    this.#mode = settings.mode;
  }

  /** As this isolate knows it; the origin is as well as the best of its replicas. */
  view(): OriginView {
    const replicas = this.#replicas.map(({ view }) => forced(this.#mode) ?? view);
    const [first = well] = replicas;
    const best =
      replicas.find(({ state }) => state === "closed") ??
      replicas.find(({ state }) => state === "half-open") ??
      first;
    return { ...best, replicas };
  }

  /**
   * Asks the replica that the text belongs to, or the next one that may be asked. One that fails
   * hard hands over once, within the same deadline; in no other case is anything asked twice.
   * @param call one replica's answer, by its index; throwing is a bug: not caught and not counted
   */
  async ask<T>(
    work: OriginWork,
    text: string,
    deadline: Deadline,
    call: (replica: number) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    let refusal: Failure = { reason: "circuit_open" };
    let failed: Result<T> | null = null;
    if (this.#mode === "open") return fail(refusal);
    for (const index of preference(text, this.#ids)) {
      const replica = this.#replicas[index];
      if (replica === undefined) continue;
      const ticket = this.#mode === "auto" ? await replica.admit(deadline) : null;
      if (ticket?.ok === false) {
        // Of two reasons not to ask, the one that may be over sooner.
        if (refusal.reason === "circuit_open") refusal = ticket.failure;
        continue;
      }
      const leave = this.#bulkhead.enter(deadline.spareMs() + graceMs);
      if (leave === null) {
        refusal = { reason: "origin_overloaded", status: null, retryAfterSeconds: null };
        break;
      }
      const answer = await call(index).finally(leave);
      if (ticket !== null) replica.learn(ticket.value, work, answer, deadline);
      if (answer.ok) return answer;
      replica.raise(answer.failure);
      if (failed !== null || classify(answer.failure, work) !== "hard") return answer;
      failed = answer;
    }
    return failed ?? fail(refusal);
  }

  /** What the cron handler does. */
  async watch(): Promise<void> {
    if (this.#mode === "auto") await Promise.all(this.#replicas.map((replica) => replica.watch()));
  }
}

const well: CircuitView = { state: "closed", sinceMs: null, reason: null };

function forced(mode: BreakerMode): CircuitView | null {
  if (mode === "auto") return null;
  return mode === "open" ? { ...well, state: "open", reason: "circuit_open" } : well;
}
