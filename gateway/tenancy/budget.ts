// A tenant's paid calls and counts: BUDGET, one Durable Object per tenant. An isolate's side of it is
// account.ts.
import { DurableObject } from "cloudflare:workers";
import {
  dayOf,
  dayOfMinute,
  minuteOf,
  noCounts,
  type CallLimits,
  type Counts,
  type Entry,
  type Lease,
  type Period,
  type Tally,
} from "./ledger.ts";

/** At most so many calls a lease, and a tenth of what is left: the last ones are dealt singly. */
const maxLease = 10;
const share = 0.1;

/**
 * Calls count as spent when they are lent, and come back as an entry when they were not made: what
 * has been lent never exceeds a limit. The time is the asker's, epoch ms. Minutes are kept for three
 * minutes, days until the day after next; then they go with the next request.
 */
export class Budget extends DurableObject<Env> {
  readonly #sql: SqlStorage;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS tally (
      period TEXT NOT NULL,
      number INTEGER NOT NULL,
      calls INTEGER NOT NULL,
      requests INTEGER NOT NULL,
      cached INTEGER NOT NULL,
      PRIMARY KEY (period, number)
    ) WITHOUT ROWID`);
  }

  /** Lends calls for the minute of `nowMs`. */
  lease(nowMs: number, limits: CallLimits): Lease {
    const tally = this.tally(nowMs);
    const left = (period: Period) =>
      limits[period] === null ? Infinity : Math.max(0, limits[period] - tally[period].calls);
    const spent = (["day", "minute"] as const).find((period) => left(period) === 0);
    if (spent !== undefined) return { calls: 0, spent };
    const calls = Math.min(maxLease, Math.ceil(share * Math.min(left("day"), left("minute"))));
    this.post(nowMs, [{ ...noCounts, minute: minuteOf(nowMs), calls }]);
    return { calls, spent: null };
  }

  /** Books what an isolate has counted. */
  post(nowMs: number, entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#book("minute", entry.minute, entry);
      this.#book("day", dayOfMinute(entry.minute), entry);
    }
    this.#forget("minute", minuteOf(nowMs) - 2);
    this.#forget("day", dayOf(nowMs) - 1);
  }

  /** What is booked for the day and the minute of `nowMs`. */
  tally(nowMs: number): Tally {
    return {
      day: this.#read("day", dayOf(nowMs)),
      minute: this.#read("minute", minuteOf(nowMs)),
    };
  }

  #read(period: Period, number: number): Counts {
    const query = "SELECT calls, requests, cached FROM tally WHERE period = ? AND number = ?";
    const [row] = this.#sql.exec(query, period, number).toArray();
    if (row === undefined) return noCounts;
    const [calls, requests, cached] = [row["calls"], row["requests"], row["cached"]].map(Number);
    return { calls: calls ?? 0, requests: requests ?? 0, cached: cached ?? 0 };
  }

  #book(period: Period, number: number, { calls, requests, cached }: Counts): void {
    this.#sql.exec(
      `INSERT INTO tally VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         calls = calls + excluded.calls,
         requests = requests + excluded.requests,
         cached = cached + excluded.cached`,
      period,
      number,
      calls,
      requests,
      cached,
    );
  }

  #forget(period: Period, before: number): void {
    this.#sql.exec("DELETE FROM tally WHERE period = ? AND number < ?", period, before);
  }
}
