// Order statistics of a handful of timings.

/** The q-quantile of `values`, 0 to 1, by the nearest rank; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}
