// The one deadline of a request, and each stage's share of it.
import { CallLog } from "../core/call-log.ts";
import { fail, ok, type Failure, type Result } from "../core/failure.ts";
import type { Clock, Deadline, Stage } from "../core/ports.ts";

/** Kept back from every stage, so that the answer itself is built and sent in time. */
const reserveMs = 150;
/** A stage with less than this is not worth starting. */
const minStageMs = 300;

/** What a request may ask of upstreams. */
export interface Outlay {
  readonly calls: CallLog;
  /** Asked before a call that costs money, within that many ms: null takes one, a failure forbids it. */
  readonly pay: (budgetMs: number) => Promise<Failure | null>;
  /** Aborts when the caller has left: no time is left then, and what runs is aborted. */
  readonly left?: AbortSignal;
}

const unpaid = (): Outlay => ({ calls: new CallLog(), pay: () => Promise.resolve(null) });

/**
 * A deadline `budgetMs` after `startedMs`. Each stage gets the smaller of its own cap and what is
 * left less the reserve.
 * @param outlay what the request may ask of upstreams, and until when
 */
export function createDeadline(
  clock: Clock,
  startedMs: number,
  budgetMs: number,
  { calls, pay, left }: Outlay = unpaid(),
): Deadline {
  const spareMs = () =>
    left?.aborted ? 0 : Math.max(0, startedMs + budgetMs - reserveMs - clock.nowMs());
  return {
    calls,
    spareMs,
    part(fraction: number): Deadline {
      const nowMs = clock.nowMs();
      const rest = reserveMs + fraction * spareMs();
      return createDeadline(clock, nowMs, rest, { calls, pay, ...(left && { left }) });
    },
    stage(capMs: number): Result<Stage> {
      const leftMs = spareMs();
      if (leftMs < minStageMs) return fail({ reason: "deadline" });
      const stageMs = Math.min(capMs, leftMs);
      const timer = clock.timeoutSignal(stageMs);
      const limit = capMs <= leftMs ? "cap" : "deadline";
      return ok({
        signal: left === undefined ? timer : AbortSignal.any([timer, left]),
        budgetMs: stageMs,
        get limit() {
          return left?.aborted && !timer.aborted ? "left" : limit;
        },
        async call(to, make) {
          if (calls.isFull) return fail({ reason: "call_limit" });
          const refusal = to.paid ? await pay(stageMs) : null;
          if (refusal !== null) return fail(refusal);
          const call = calls.begin(to, clock.nowMs());
          const result = await make(call);
          call.durationMs = Math.round(clock.nowMs() - call.startedMs);
          call.reason = result.ok ? null : result.failure.reason;
          return result;
        },
      });
    },
  };
}
