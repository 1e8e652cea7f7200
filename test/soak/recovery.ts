// How long after a fault of the origin others answered, and how long after its end it did again.
import type { Phase } from "./schedule.ts";

/** One 200 that nobody had in the cache; ms since the soak began. */
export interface FreshAnswer {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly byOrigin: boolean;
  /** Whether the origin was among the accepted rankers, and not the only one. */
  readonly couldFailOver: boolean;
}

export interface Recovery {
  readonly fault: string;
  /** From the fault's first ms until an answer of another ranker arrived that was asked for since. */
  readonly failOverMs: number | null;
  /** From the fault's end until an answer of the origin arrived that was asked for since. */
  readonly returnMs: number | null;
}

/** Of each fault of the origin but a slowness, which needs no fail-over; null where none was seen in time. */
export function recoveries(
  phases: readonly Phase[],
  answers: readonly FreshAnswer[],
): readonly Recovery[] {
  const faults = phases.filter(
    ({ upstream, fault }) => upstream === "origin" && fault !== "slowed",
  );
  return faults.map(({ fault, fromMs, untilMs }, index) => {
    const nextMs = faults[index + 1]?.fromMs ?? Infinity;
    const first = (byOrigin: boolean, afterMs: number, beforeMs: number) => {
      const times = answers
        .filter((each) => each.couldFailOver && each.byOrigin === byOrigin)
        .filter(({ startedMs }) => startedMs >= afterMs && startedMs < beforeMs)
        .map(({ endedMs }) => endedMs - afterMs);
      return times.length === 0 ? null : Math.min(...times);
    };
    return {
      fault,
      failOverMs: first(false, fromMs, untilMs),
      returnMs: first(true, untilMs, nextMs),
    };
  });
}
