// How far a mean would move had other texts been drawn: intervals by bootstrap over texts.
import { chance } from "./chance.ts";

/** A mean with its 95 % interval by the percentile bootstrap (Efron, 1979); `n` texts. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

const resamples = 10_000;
const seed = 20_261_122;

/** The mean of the known values; null when there is none. */
export function estimate(values: readonly (number | null)[]): Estimate | null {
  return pooled([values]);
}

/**
 * The mean over sets of the means within them, so that each set counts alike; texts are drawn anew
 * within their set.
 */
export function pooled(sets: readonly (readonly (number | null)[])[]): Estimate | null {
  const known = sets
    .map((values) => Float64Array.from(values.filter((value) => value !== null)))
    .filter(({ length }) => length > 0);
  if (known.length === 0) return null;
  const random = chance(seed);
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample += 1) {
    let sum = 0;
    for (const values of known) {
      let drawn = 0;
      for (let draw = 0; draw < values.length; draw += 1) {
        drawn += values[random.index(values.length)] ?? 0;
      }
      sum += drawn / values.length;
    }
    means[resample] = sum / known.length;
  }
  means.sort();
  const setMeans = known.map((values) => values.reduce((a, b) => a + b, 0) / values.length);
  return {
    value: setMeans.reduce((a, b) => a + b, 0) / setMeans.length,
    low: means[Math.floor(0.025 * resamples)] ?? Number.NaN,
    high: means[Math.ceil(0.975 * resamples) - 1] ?? Number.NaN,
    n: known.reduce((n, { length }) => n + length, 0),
  };
}

/** In words: whether a difference of two runs on the same texts can be told from noise. */
export function verdict({ low, high }: Estimate): "better" | "worse" | "no difference" {
  if (low > 0) return "better";
  return high < 0 ? "worse" : "no difference";
}
