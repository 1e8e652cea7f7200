// Order statistics of a handful of timings.

/** The q-quantile of `values`, 0 to 1, by the nearest rank; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/**
 * How likely medians as far apart as these are when both samples come from one distribution: the
 * share of random relabellings that are at least as far apart, two-sided. 0 to 1, never 0.
 */
export function permutationTest(
  a: readonly number[],
  b: readonly number[],
  permutations = 10_000,
): number {
  const gap = (all: readonly number[]) =>
    Math.abs(quantile(all.slice(0, a.length), 0.5) - quantile(all.slice(a.length), 0.5));
  const pooled = [...a, ...b];
  const observed = gap(pooled);
  let asFar = 1;
  for (let count = 0; count < permutations; count += 1) {
    for (let last = pooled.length - 1; last > 0; last -= 1) {
      const other = Math.floor(Math.random() * (last + 1));
      [pooled[last], pooled[other]] = [pooled[other] ?? 0, pooled[last] ?? 0];
    }
    if (gap(pooled) >= observed) asFar += 1;
  }
  return asFar / (permutations + 1);
}
