// What the runs of each curve come to: medians, spread, verdicts.
import type { Loaded } from "../gateway/load.ts";
import { quantile } from "../stats.ts";
import type { Curve } from "./curves.ts";
import { stepsOf, type Part, type Step } from "./growth.ts";

export interface Run extends Loaded {
  /** Of the gateway's process per request; its KV is another. */
  readonly cpuMs: number;
  /** Sent to the origin per request. */
  readonly upstreamBytes: number;
  /** Where CPU time is taken on more connections than latency: the latter's. */
  readonly alone?: Loaded;
}

const measures = ["cpuMs", "p50Ms", "p99Ms", "requestsPerSecond"] as const;
type Measure = (typeof measures)[number];

export interface PointFigures extends Readonly<Record<Measure, number>> {
  readonly x: number;
  readonly upstreamBytes: number;
  readonly requests: number;
  readonly errors: number;
  /** Answers that were right and of another kind: by another ranker, or from elsewhere. */
  readonly others: number;
  /** Largest less smallest over the rounds, as a share of the median. */
  readonly spread: Readonly<Record<Measure, number>>;
}

export interface CurveFigures {
  readonly against: Curve["against"];
  readonly path: Curve["path"];
  readonly points: readonly PointFigures[];
  /**
   * By what is judged. `allCpuMs`: of as many requests as there are connections. Not p99: in a run of
   * a second it is a handful of requests.
   */
  readonly steps: Readonly<Record<string, readonly Step[]>>;
}

export interface Report {
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly rounds: number;
  readonly criterion: string;
  readonly entryCap: { readonly ranked: number; readonly known: number };
  readonly curves: readonly CurveFigures[];
}

const of: Readonly<Record<Measure, (run: Run) => number>> = {
  cpuMs: ({ cpuMs }) => cpuMs,
  p50Ms: ({ alone, p50 }) => alone?.p50 ?? p50,
  p99Ms: ({ alone, p99 }) => alone?.p99 ?? p99,
  requestsPerSecond: ({ requests, seconds }) => requests / seconds,
};

/** @param runs of each point, one a round */
export function figuresOf(
  { against, path, points, judgedUpTo }: Curve,
  runs: readonly (readonly Run[])[],
): CurveFigures {
  const judged = (cost: (run: Run, x: number) => number, parts?: readonly Part[]) =>
    stepsOf(
      points
        .map(({ x }, index) => ({ x, costs: (runs[index] ?? []).map((run) => cost(run, x)) }))
        .filter(({ x }) => x <= (judgedUpTo ?? x)),
      parts,
    );
  return {
    against,
    path,
    points: points.map(({ x }, index) => pointFigures(x, runs[index] ?? [])),
    // No connection costs nothing, and a wait that is short until the machine is busy bends by nature.
    steps:
      against === "connections"
        ? {
            allCpuMs: judged(({ cpuMs }, x) => cpuMs * x, ["whole"]),
            p50Ms: judged(of.p50Ms, ["whole"]),
          }
        : { cpuMs: judged(of.cpuMs), p50Ms: judged(of.p50Ms) },
  };
}

function pointFigures(x: number, runs: readonly Run[]): PointFigures {
  const median = (values: readonly number[]) => quantile(values, 0.5);
  const sum = (each: (run: Run) => number) => runs.reduce((total, run) => total + each(run), 0);
  const each = <T>(figure: (values: readonly number[]) => T) =>
    Object.fromEntries(
      measures.map((measure) => [measure, figure(runs.map(of[measure]))]),
    ) as Record<Measure, T>;
  return {
    x,
    ...each(median),
    upstreamBytes: median(runs.map(({ upstreamBytes }) => upstreamBytes)),
    requests: sum(({ requests, alone }) => requests + (alone?.requests ?? 0)),
    errors: sum(({ errors, alone }) => errors + (alone?.errors ?? 0)),
    others: sum(({ unexpected }) => unexpected),
    spread: each((values) => (Math.max(...values) - Math.min(...values)) / median(values)),
  };
}
