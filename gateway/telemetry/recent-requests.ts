// What this isolate has seen: counts of rankings, and the last failovers, for an operator's first look.
import type { RequestRecord } from "./request-record.ts";

/** One ranking that another than the first choice gave, or nobody. */
export interface Failover {
  readonly atMs: number;
  readonly id: string;
  /** null = nobody answered. */
  readonly source: NonNullable<RequestRecord["source"]> | null;
  readonly reason: string | null;
}

export interface RecentView {
  /** Epoch ms of the isolate's first request. */
  readonly sinceMs: number;
  readonly rankings: number;
  /** 0 to 1; null while there are no rankings. */
  readonly hitRatio: number | null;
  readonly failoverRate: number | null;
  readonly failovers: readonly Failover[];
}

const maxFailovers = 20;

/** Rankings are answers of rankers and the failure of all; what was refused before is none. */
export class RecentRequests {
  readonly #sinceMs: number;
  #rankings = 0;
  #hits = 0;
  #failovers = 0;
  #last: readonly Failover[] = [];

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  add(record: RequestRecord, nowMs: number): void {
    const { attempts, cache, degraded, failed, id, known, ranked, reason = null, texts } = record;
    if (attempts === undefined && texts === undefined) return;
    const source = record.source ?? record.sources?.[0] ?? null;
    this.#rankings += 1;
    if (cache === "hit" || (texts !== undefined && known !== 0 && ranked === 0)) this.#hits += 1;
    if (source !== null && degraded !== true && (failed ?? 0) === 0) return;
    this.#failovers += 1;
    this.#last = [{ atMs: nowMs, id, source, reason }, ...this.#last].slice(0, maxFailovers);
  }

  get view(): RecentView {
    const share = (count: number) => (this.#rankings === 0 ? null : count / this.#rankings);
    return {
      sinceMs: this.#sinceMs,
      rankings: this.#rankings,
      hitRatio: share(this.#hits),
      failoverRate: share(this.#failovers),
      failovers: this.#last,
    };
  }
}
