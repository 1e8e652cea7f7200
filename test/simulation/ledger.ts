// Where every score comes from: each one that a simulated ranker gives is unlike all others.
import type { RankerSource } from "../../gateway/core/domain.ts";
import type { CacheMode } from "../../gateway/core/outcome.ts";

/** One call of a ranker, and for whom it was made. */
export interface Call {
  readonly id: number;
  readonly source: RankerSource;
  readonly model: string;
  readonly text: string;
  readonly labels: readonly string[];
  readonly atMs: number;
  /** The request that made it; filled in by the ranker of that request's isolate. */
  readonly tenant: string;
  readonly epoch: number;
  readonly mode: CacheMode;
  readonly preferred: boolean;
}

export interface Score {
  readonly call: Call;
  readonly label: string;
}

export class Ledger {
  readonly calls: Call[] = [];
  readonly #scores = new Map<number, Score>();

  /** A score of its own for each label of the call. */
  issue(call: Omit<Call, "id">): readonly number[] {
    const entered = { ...call, id: this.calls.length };
    this.calls.push(entered);
    return call.labels.map((label) => {
      const value = (this.#scores.size + 1) / 1_000_000;
      this.#scores.set(value, { call: entered, label });
      return value;
    });
  }

  /** null when no ranker ever gave it. */
  find(value: number): Score | null {
    return this.#scores.get(value) ?? null;
  }
}
