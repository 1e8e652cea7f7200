// The calls to upstreams that one request brings about: how many there may be, and what came of each.
import type { Usage } from "./domain.ts";
import type { Reason } from "./failure.ts";

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
  /** Whole milliseconds with the body; null while it is under way. */
  durationMs: number | null;
  /** Why it failed; null when it did not, or not yet. */
  reason: Reason | null;
  /** What it consumed, as the upstream says, were the answer of no use; null = it did not say. */
  usage: Usage | null;
}

export class CallLog {
  readonly #calls: UpstreamCall[] = [];
  #probes = 0;

  /** In the order they began; probes are not among them. */
  get calls(): readonly UpstreamCall[] {
    return this.#calls;
  }

  get isFull(): boolean {
    return this.#calls.length + this.#probes >= maxCallsPerRequest;
  }

  begin({ source, model }: Upstream, nowMs: number): UpstreamCall {
    const call = { source, model, startedMs: nowMs, durationMs: null, reason: null, usage: null };
    this.#calls.push(call);
    return call;
  }

  /** Room for `count` probes beside the request's own calls; a request has them probed once. */
  takeProbes(count: number): boolean {
    if (this.#probes > 0 || this.#calls.length + count > maxCallsPerRequest) return false;
    this.#probes = count;
    return true;
  }
}
