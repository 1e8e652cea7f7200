// How a cost grows along a curve, and whether a step of it is worse than linear.
import { quantile } from "../stats.ts";

/** What was measured at one size. */
export interface Measured {
  /** Above 0. */
  readonly x: number;
  /** One a round, above 0; in the same order at each size. */
  readonly costs: readonly number[];
}

/** What is judged: the growth over the curve's first point, or the whole cost. */
export type Part = "growth" | "whole";

export interface Step {
  readonly from: number;
  readonly to: number;
  readonly part: Part;
  /** 1 = linear. */
  readonly exponent: number;
  readonly tolerance: number;
  readonly verdict: "at most linear" | "worse than linear" | "cannot be told";
}

/** Rounds may agree by chance. */
const minTolerance = 0.15;
/** Wider than this a tolerance would let pass what is half way to quadratic. */
const maxTolerance = 0.5;

export const criterion =
  "A step from x1 to x2 is worse than linear when its exponent is above 1 by more than its tolerance. " +
  "The exponent is log(c2 / c1) / log(x2 / x1). c is the growth over the curve's first point, and x " +
  "counts from there, so that a fixed cost hides nothing: a + bx has the exponent 1. Where that growth is " +
  "not clear of the noise (the first point's rounds overlap, or the tolerance would be above " +
  `${maxTolerance}) c is the whole cost. Costs are medians over the rounds; the tolerance is the spread ` +
  `of the rounds' own exponents, largest less smallest, at least ${minTolerance}. A whole cost whose ` +
  `tolerance is above ${maxTolerance} is judged only where its exponent is at most 1 with all of the ` +
  "tolerance added. One round alone tells nothing.";

/**
 * The steps between neighbours of a curve.
 * @param points with rising x
 * @param parts `["whole"]` where no fixed cost is expected; the first part that can be told decides
 */
export function stepsOf(
  points: readonly Measured[],
  parts: readonly Part[] = ["growth", "whole"],
): Step[] {
  const [first] = points;
  if (first === undefined) return [];
  return points.slice(1).map((to, index) => {
    const from = points[index] ?? first;
    const tried = parts.map((part) => {
      const base = part === "growth" ? first : null;
      return { part, ...exponentOf(from, to, base) };
    });
    const clear = tried.find(({ tolerance }) => tolerance <= maxTolerance);
    const { part, exponent, tolerance } = clear ?? {
      part: "whole" as const,
      ...exponentOf(from, to, null),
    };
    const isTold = tolerance <= maxTolerance || exponent + tolerance <= 1;
    const passes = exponent <= 1 + tolerance ? "at most linear" : "worse than linear";
    const verdict = isTold ? passes : "cannot be told";
    return { from: from.x, to: to.x, part, exponent, tolerance, verdict };
  });
}

/** Tolerance infinite: there is no growth over `base` that is clear of the noise. */
function exponentOf(from: Measured, to: Measured, base: Measured | null) {
  if (base !== null && !(isAbove(from, base) && isAbove(to, base)))
    return { exponent: Number.NaN, tolerance: Number.POSITIVE_INFINITY };
  const run = Math.log((to.x - (base?.x ?? 0)) / (from.x - (base?.x ?? 0)));
  const over = (cost: (each: Measured) => number) => {
    const ground = base === null ? 0 : cost(base);
    return Math.log((cost(to) - ground) / (cost(from) - ground)) / run;
  };
  const exponent = over(({ costs }) => quantile(costs, 0.5));
  const perRound = from.costs.map((_, round) => over(({ costs }) => costs[round] ?? Number.NaN));
  const spread =
    perRound.length < 2 ? Number.POSITIVE_INFINITY : Math.max(...perRound) - Math.min(...perRound);
  return { exponent, tolerance: Math.max(minTolerance, spread) };
}

function isAbove(point: Measured, base: Measured): boolean {
  return Math.min(...point.costs) > Math.max(...base.costs);
}
