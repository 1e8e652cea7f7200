// When each upstream fails, and how: drawn from a seed, so that a second run meets the same faults.
import { chance, type Chance } from "../eval/chance.ts";

export type Upstream = "origin" | "gemini";

/**
 * `killed`: its port is closed. `hung`: accepted, never answered. `stalled`: headers and half a body.
 * `slowed`: the true answer, later, within every cap. `erring`: status 500. `overloaded`: status 503.
 * `garbled`: half of the JSON. `flapping`: each second call is reset.
 */
export const faultNames = [
  "killed",
  "hung",
  "slowed",
  "stalled",
  "erring",
  "overloaded",
  "garbled",
  "flapping",
] as const;
export type FaultName = (typeof faultNames)[number];

/** One upstream's fault; ms since the soak began. */
export interface Phase {
  readonly upstream: Upstream;
  readonly fault: FaultName;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The first fault of a run may come so soon; the last one ends so long before the run does. */
const calmMs = 5_000;
const wellMs = { least: 6_000, most: 30_000 };
const faultMs = { least: 4_000, most: 15_000 };

/**
 * The faults of both upstreams in order of time. Each upstream draws by itself, so they are down
 * together at times; its own faults never overlap, and each kind comes before one comes twice.
 * @param seed whole; the same gives the same faults
 */
export function drawSchedule(seed: number, durationMs: number): readonly Phase[] {
  const drawn = chance(seed);
  const phases = (["origin", "gemini"] as const).flatMap((upstream) =>
    phasesOf(upstream, drawn, durationMs - calmMs),
  );
  return phases.toSorted((a, b) => a.fromMs - b.fromMs);
}

function phasesOf(upstream: Upstream, drawn: Chance, endMs: number): readonly Phase[] {
  const within = ({ least, most }: typeof wellMs) => least + drawn.index(most - least + 1);
  const phases: Phase[] = [];
  let kinds: FaultName[] = [];
  let fromMs = calmMs + drawn.index(wellMs.least);
  for (;;) {
    const untilMs = fromMs + within(faultMs);
    if (untilMs > endMs) return phases;
    if (kinds.length === 0) kinds = drawn.shuffled(faultNames);
    const fault = kinds.pop();
    if (fault !== undefined) phases.push({ upstream, fault, fromMs, untilMs });
    fromMs = untilMs + within(wellMs);
  }
}

/** What was still under way when a fault ended may fail for so long after it. */
const aftermathMs = 250;

/**
 * Whether the upstream could answer all through a span of the run: no fault touches it. A slowed one
 * could, since it answers within every cap.
 */
export function isAlive(
  phases: readonly Phase[],
  upstream: Upstream,
  fromMs: number,
  untilMs: number,
): boolean {
  return !phases.some(
    (each) =>
      each.upstream === upstream &&
      each.fault !== "slowed" &&
      each.fromMs <= untilMs &&
      each.untilMs + aftermathMs >= fromMs,
  );
}
