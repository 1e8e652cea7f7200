// Ranking quality of one text: how high its relevant themes stand.

/** What is known of a text: which themes are relevant, and how much where people were asked that. */
export interface Judgement {
  readonly relevant: readonly string[];
  /** Theme id -> share of the people who chose it, 0-1; themes that are not named have 0. */
  readonly graded?: Readonly<Record<string, number>> | undefined;
}

/** Each 0-1, 1 = best; `ndcg5Graded` null where nobody graded. */
export interface Quality {
  readonly ndcg5: number;
  readonly ndcg5Graded: number | null;
  readonly map: number;
  readonly p1: number;
  readonly r5: number;
  readonly mrr: number;
}

export type Metric = keyof Quality;

export const metrics: readonly { readonly key: Metric; readonly name: string }[] = [
  { key: "ndcg5", name: "nDCG@5" },
  { key: "ndcg5Graded", name: "nDCG@5 graded" },
  { key: "map", name: "MAP" },
  { key: "p1", name: "P@1" },
  { key: "r5", name: "R@5" },
  { key: "mrr", name: "MRR" },
];

const cutoff = 5;

/**
 * Quality of a ranking of one text.
 * @param order theme ids, best first; a relevant theme that is missing counts as never found
 * @param judgement at least one relevant theme
 */
export function quality(order: readonly string[], judgement: Judgement): Quality {
  const relevant = new Set(judgement.relevant);
  const hits = order.map((id) => relevant.has(id));
  const found = hits.flatMap((hit, index) => (hit ? [index + 1] : []));
  const precisions = found.map((rank, index) => (index + 1) / rank);
  const { graded } = judgement;
  return {
    ndcg5: ndcg(order, (id) => (relevant.has(id) ? 1 : 0), [...relevant]),
    ndcg5Graded: graded ? ndcg(order, (id) => graded[id] ?? 0, Object.keys(graded)) : null,
    map: precisions.reduce((sum, value) => sum + value, 0) / relevant.size,
    p1: hits[0] === true ? 1 : 0,
    r5: hits.slice(0, cutoff).filter(Boolean).length / relevant.size,
    mrr: 1 / (found[0] ?? Number.POSITIVE_INFINITY),
  };
}

/** Normalised discounted cumulative gain of the first five (Järvelin and Kekäläinen, 2002), gains linear. */
function ndcg(
  order: readonly string[],
  gain: (id: string) => number,
  judged: readonly string[],
): number {
  const ideal = judged.map(gain).toSorted((a, b) => b - a);
  return dcg(order.map(gain)) / dcg(ideal);
}

function dcg(gains: readonly number[]): number {
  return gains.slice(0, cutoff).reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}

/** Mean over texts of one metric, over those that have it; NaN of none. */
export function mean(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
