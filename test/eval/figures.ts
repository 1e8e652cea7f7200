// From rankings to figures: quality with its interval, floors beside it, time and price.
import { quantile } from "../bench/stats.ts";
import { estimate, pooled, verdict, type Estimate } from "./bootstrap.ts";
import { chance } from "./chance.ts";
import type { Dataset, Row } from "./dataset.ts";
import { mean, metrics, quality, type Metric, type Quality } from "./metrics.ts";
import type { EvalRecord, SetRun } from "./record.ts";

export type Figures = Readonly<Record<Metric, Estimate | null>>;

export interface SetFigures {
  readonly set: string;
  readonly texts: number;
  readonly themes: number;
  readonly figures: Figures;
  /** What the same texts give to chance, and to the same order for every text. */
  readonly random: Readonly<Record<Metric, number | null>>;
  readonly popularity: Readonly<Record<Metric, number | null>>;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** US dollars; null where the answers did not say. */
  readonly usdPer1000: number | null;
}

const floorShuffles = 200;
const floorSeed = 1;

/** Quality of each ranked text, in the order of the run's rows. */
export function qualities(run: SetRun, dataset: Dataset): Quality[] {
  const judged = new Map(dataset.rows.map((row) => [row.id, row]));
  return run.rows.flatMap(({ id, order }) => {
    const row = judged.get(id);
    return row === undefined
      ? []
      : [
          quality(
            order.map((index) => run.themes[index] ?? ""),
            row,
          ),
        ];
  });
}

/** @param usdPer1000 a price known otherwise, for APIs whose answers name no cost */
export function setFigures(
  run: SetRun,
  dataset: Dataset,
  usdPer1000: number | null = null,
): SetFigures {
  const each = qualities(run, dataset);
  const times = run.rows.map(({ ms }) => ms);
  const costs = run.rows.map(({ costUsd }) => costUsd);
  const ranked = new Set(run.rows.map(({ id }) => id));
  const rows = dataset.rows.filter(({ id }) => ranked.has(id));
  return {
    set: run.set,
    texts: each.length,
    themes: run.themes.length,
    figures: perMetric((key) => estimate(each.map((one) => one[key]))),
    random: randomFloor(rows, run.themes),
    popularity: popularityFloor(rows, run.themes),
    p50Ms: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    usdPer1000: usdPer1000 ?? (costs.includes(null) ? null : 1_000 * mean(costs)),
  };
}

/** Themes in random order. */
function randomFloor(rows: readonly Row[], themes: readonly string[]): SetFigures["random"] {
  const random = chance(floorSeed);
  const all = rows.flatMap((row) =>
    Array.from({ length: floorShuffles }, () => quality(random.shuffled(themes), row)),
  );
  return perMetric((key) => known(mean(all.map((one) => one[key]))));
}

/** The same order for every text, the most frequent themes of these texts first. */
function popularityFloor(rows: readonly Row[], themes: readonly string[]): SetFigures["random"] {
  const counts = new Map<string, number>();
  for (const id of rows.flatMap(({ relevant }) => relevant)) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const order = themes.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
  const all = rows.map((row) => quality(order, row));
  return perMetric((key) => known(mean(all.map((one) => one[key]))));
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function perMetric<T>(of: (key: Metric) => T): Readonly<Record<Metric, T>> {
  return Object.fromEntries(metrics.map(({ key }) => [key, of(key)])) as Record<Metric, T>;
}

export interface Comparison {
  readonly metric: Metric;
  /** This run less the other, pooled over the sets on the texts that both ranked. */
  readonly difference: Estimate;
  readonly verdict: ReturnType<typeof verdict>;
}

/**
 * Two runs compared text by text. Sets that only one of them has, or whose themes differ, are left
 * out.
 * @returns [] when no text is in both
 */
export function compare(
  run: Pick<EvalRecord, "sets">,
  other: Pick<EvalRecord, "sets">,
  datasets: readonly Dataset[],
): Comparison[] {
  const pairs = run.sets.flatMap((mine) => {
    const theirs = other.sets.find(({ set, digest }) => set === mine.set && digest === mine.digest);
    const dataset = datasets.find(({ name }) => name === mine.set);
    if (theirs === undefined || dataset === undefined) return [];
    const both = new Set(theirs.rows.map(({ id }) => id));
    const shared = mine.rows.filter(({ id }) => both.has(id)).toSorted(byId);
    const ids = new Set(shared.map(({ id }) => id));
    const matched = theirs.rows.filter(({ id }) => ids.has(id)).toSorted(byId);
    return [
      [
        qualities({ ...mine, rows: shared }, dataset),
        qualities({ ...theirs, rows: matched }, dataset),
      ] as const,
    ];
  });
  return metrics.flatMap(({ key }) => {
    const difference = pooled(
      pairs.map(([mine, theirs]) =>
        mine.map((one, index) => {
          const [a, b] = [one[key], theirs[index]?.[key] ?? null];
          return a === null || b === null ? null : a - b;
        }),
      ),
    );
    return difference === null ? [] : [{ metric: key, difference, verdict: verdict(difference) }];
  });
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
