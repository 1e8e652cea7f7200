// The one deadline of a request, and each stage's share of it.
import { fail, ok, type Failure, type Result } from "../core/failure.ts";
import type { Clock, Deadline, Stage } from "../core/ports.ts";

/** Kept back from every stage, so that the answer itself is built and sent in time. */
const reserveMs = 150;
/** A stage with less than this is not worth starting. */
const minStageMs = 300;

/**
 * A deadline `budgetMs` after `startedMs`. Each stage gets the smaller of its own cap and what is
 * left less the reserve.
 * @param pay how a stage's paid calls are allowed, within that many ms; without it all are
 * @param left aborts when the caller has left: nothing is left to spend then, and what runs is aborted
 */
export function createDeadline(
  clock: Clock,
  startedMs: number,
  budgetMs: number,
  pay: (budgetMs: number) => Promise<Failure | null> = () => Promise.resolve(null),
  left?: AbortSignal,
): Deadline {
  const spareMs = () =>
    left?.aborted ? 0 : Math.max(0, startedMs + budgetMs - reserveMs - clock.nowMs());
  return {
    spareMs,
    part(fraction: number): Deadline {
      const nowMs = clock.nowMs();
      return createDeadline(clock, nowMs, reserveMs + fraction * spareMs(), pay, left);
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
        pay: () => pay(stageMs),
      });
    },
  };
}
