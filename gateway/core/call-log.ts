// The calls to upstreams that one request brings about: how many there may be, what came of each, and the bill.
import type { Usage } from "./domain.ts";
import type { Reason } from "./failure.ts";
import { costUsd, noPrices, type Prices } from "./price.ts";

/** Over ranking, summary and probes, whatever fails: a request must not multiply. */
export const maxCallsPerRequest = 6;

/** Who is called. */
export interface Upstream {
  readonly source: "origin" | "gemini";
  /** As it is asked for. */
  readonly model: string;
}

/** One call, filled in as it goes on. */
export interface UpstreamCall extends Upstream {
  readonly startedMs: number;
  /** What the upstream is told of the request's trace (W3C Trace Context); null = nothing. */
  readonly traceparent: string | null;
  /** Whole milliseconds with the body; null while it is under way. */
  durationMs: number | null;
  /** Why it failed; null when it did not, or not yet. */
  reason: Reason | null;
  /** What it consumed, as the upstream says, were the answer of no use; null = it did not say. */
  usage: Usage | null;
}

/** One line of a bill. */
export interface BilledCall extends Upstream, Usage {
  readonly reason: Reason | null;
  readonly durationMs: number | null;
}

/** What a request's calls consumed, failed ones too, and what the cache saved it. */
export interface Bill extends Usage {
  /** What scores and summaries had cost that were served without a call; null = not known. */
  readonly savedUsd: number | null;
  readonly calls: readonly BilledCall[];
}

/** Refused with a status: nothing was computed. Who did not answer may have computed all of it. */
const refusals: ReadonlySet<Reason> = new Set<Reason>([
  "origin_error",
  "origin_overloaded",
  "origin_auth",
  "origin_model",
  "origin_rejected",
  "origin_context",
  "gemini_error",
  "gemini_quota",
]);

export interface CallLogSettings {
  readonly prices?: Prices;
  readonly traceparent?: string | null;
}

export class CallLog {
  readonly #calls: UpstreamCall[] = [];
  readonly #prices: Prices;
  readonly #traceparent: string | null;
  #savedUsd: number | null = 0;
  #probes = 0;

  constructor({ prices = noPrices, traceparent = null }: CallLogSettings = {}) {
    this.#prices = prices;
    this.#traceparent = traceparent;
  }

  /** In the order they began; probes are not among them. */
  get calls(): readonly UpstreamCall[] {
    return this.#calls;
  }

  get isFull(): boolean {
    return this.#calls.length + this.#probes >= maxCallsPerRequest;
  }

  begin({ source, model }: Upstream, nowMs: number): UpstreamCall {
    const call = {
      source,
      model,
      startedMs: nowMs,
      traceparent: this.#traceparent,
      durationMs: null,
      reason: null,
      usage: null,
    };
    this.#calls.push(call);
    return call;
  }

  /** Room for `count` probes beside the request's own calls; a request has them probed once. */
  takeProbes(count: number): boolean {
    if (this.#probes > 0 || this.#calls.length + count > maxCallsPerRequest) return false;
    this.#probes = count;
    return true;
  }

  /** Notes that something was served that had cost `usd`; null = it is not known what. */
  save(usd: number | null): void {
    this.#savedUsd = plus(this.#savedUsd, usd);
  }

  /** What those calls cost that were of use and began after the first `count`; null = not known. */
  costSince(count: number): number | null {
    const useful = this.#calls.slice(count).filter(({ reason }) => reason === null);
    if (useful.length === 0) return null;
    return useful.reduce<number | null>((sum, call) => plus(sum, this.#bill(call).costUsd), 0);
  }

  /** So far. */
  get bill(): Bill {
    return addBills([
      {
        promptTokens: 0,
        completionTokens: 0,
        costUsd: 0,
        savedUsd: this.#savedUsd,
        calls: [],
      },
      ...this.#calls.map((call) => {
        const billed = this.#bill(call);
        const { promptTokens, completionTokens, costUsd: cost } = billed;
        return { promptTokens, completionTokens, costUsd: cost, savedUsd: 0, calls: [billed] };
      }),
    ]);
  }

  #bill({ source, model, reason, durationMs, usage }: UpstreamCall): BilledCall {
    const unsaid = reason !== null && refusals.has(reason) ? 0 : null;
    const { promptTokens, completionTokens } = usage ?? {
      promptTokens: unsaid,
      completionTokens: unsaid,
    };
    const call = { source, model, durationMs, promptTokens, completionTokens };
    return { ...call, reason, costUsd: costUsd(this.#prices, call) };
  }
}

/** The sum of bills; a part unknown in one is unknown in the sum. */
export function addBills(bills: readonly Bill[]): Bill {
  const sum = (read: (bill: Bill) => number | null) =>
    bills.reduce<number | null>((total, bill) => plus(total, read(bill)), 0);
  return {
    promptTokens: sum((bill) => bill.promptTokens),
    completionTokens: sum((bill) => bill.completionTokens),
    costUsd: sum((bill) => bill.costUsd),
    savedUsd: sum((bill) => bill.savedUsd),
    calls: bills.flatMap(({ calls }) => calls),
  };
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
