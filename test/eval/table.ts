// Figures as Markdown tables: what is printed is what the README quotes.
import type { Estimate } from "./bootstrap.ts";
import type { Comparison, SetFigures } from "./figures.ts";
import { metrics } from "./metrics.ts";

/** Rows of cells under a head, as Markdown. */
export function markdown(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** ".447": a share without its zero. */
export function share(value: number | null): string {
  return value === null ? "-" : value.toFixed(3).replace(/^(-?)0\./, "$1.");
}

/** ".447 [.40, .49]" */
export function interval(estimate: Estimate | null): string {
  if (estimate === null) return "-";
  const { value, low, high } = estimate;
  const short = (bound: number) => bound.toFixed(2).replace(/^(-?)0\./, "$1.");
  return `${share(value)} [${short(low)}, ${short(high)}]`;
}

/** One table for a set: the ranker, and the floors it has to clear. */
export function setTable(ranker: string, set: SetFigures): string {
  const price = set.usdPer1000 === null ? "unknown" : set.usdPer1000.toFixed(2);
  const head = ["ranker", ...metrics.map(({ name }) => name), "p50 ms", "p95 ms", "USD per 1,000"];
  const floor = (name: string, of: SetFigures["random"]) => [
    name,
    ...metrics.map(({ key }) => share(of[key])),
    "",
    "",
    "",
  ];
  return [
    `${set.set}: ${set.texts} texts, ${set.themes} themes; 95 % intervals by bootstrap over texts`,
    "",
    markdown(head, [
      [
        ranker,
        ...metrics.map(({ key }) => interval(set.figures[key])),
        set.p50Ms,
        set.p95Ms,
        price,
      ],
      floor("popularity", set.popularity),
      floor("random", set.random),
    ]),
  ].join("\n");
}

/** The paired comparison of two runs. */
export function comparisonTable(names: string, comparisons: readonly Comparison[]): string {
  const [first] = comparisons;
  return [
    `${names}: paired over ${first?.difference.n ?? 0} texts, sets counting alike`,
    "",
    markdown(
      ["metric", "difference", "verdict"],
      comparisons.map(({ metric, difference, verdict }) => [
        metrics.find(({ key }) => key === metric)?.name ?? metric,
        interval(difference),
        verdict,
      ]),
    ),
  ].join("\n");
}
