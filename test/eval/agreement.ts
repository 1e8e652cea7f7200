// How alike two rankings of the same themes are, in statistics and in what a client feels.

/** A ranking by theme id: the order, and the scores where there are any (0-100). */
export interface Ranking {
  /** Best first. */
  readonly order: readonly string[];
  readonly scores: ReadonlyMap<string, number> | null;
}

/** All but tau are shares, 0-1. */
export interface Agreement {
  /** Kendall's tau-b, -1 to 1: ties count as ties; null where one side ties everything. */
  readonly tauB: number | null;
  /** Rank-biased overlap, p = .8: the first places weigh most. */
  readonly rbo: number;
  readonly top1: number;
  readonly top3: number;
  readonly top5: number;
  /** Themes that are on the other side of the threshold; null without scores. */
  readonly flipped: number | null;
  /** 1 when the first three are not the same three. */
  readonly top3Changed: number;
}

export type AgreementMetric = keyof Agreement;

export const agreementMetrics: readonly { readonly key: AgreementMetric; readonly name: string }[] =
  [
    { key: "tauB", name: "tau-b" },
    { key: "rbo", name: "RBO .8" },
    { key: "top1", name: "same first" },
    { key: "top3", name: "top-3 overlap" },
    { key: "top5", name: "top-5 overlap" },
    { key: "flipped", name: "decisions flipped at 60" },
    { key: "top3Changed", name: "top-3 sets changed" },
  ];

/** The score from which on a client might call a theme relevant. */
const threshold = 60;
const persistence = 0.8;

/** @param a,b over the same themes, in whatever order these were given */
export function agreement(a: Ranking, b: Ranking): Agreement {
  const shared = (depth: number) => overlapAt(a.order, b.order, depth) / depth;
  return {
    tauB: tauB(a, b),
    rbo: rankBiasedOverlap(a.order, b.order),
    top1: shared(1),
    top3: shared(3),
    top5: shared(5),
    flipped: flipped(a, b),
    top3Changed: shared(3) < 1 ? 1 : 0,
  };
}

function overlapAt(a: readonly string[], b: readonly string[], depth: number): number {
  const first = new Set(a.slice(0, depth));
  return b.slice(0, depth).filter((id) => first.has(id)).length;
}

/**
 * Kendall (1945). By scores where both have them, so that equal scores are ties; else by place.
 */
function tauB(a: Ranking, b: Ranking): number | null {
  const heights = ({ order, scores }: Ranking) =>
    scores ?? new Map(order.map((id, place) => [id, -place]));
  const [left, right] = [heights(a), heights(b)];
  const ids = [...a.order];
  let [balance, untiedLeft, untiedRight] = [0, 0, 0];
  for (const [index, one] of ids.entries()) {
    for (const other of ids.slice(index + 1)) {
      const inLeft = Math.sign((left.get(one) ?? 0) - (left.get(other) ?? 0));
      const inRight = Math.sign((right.get(one) ?? 0) - (right.get(other) ?? 0));
      balance += inLeft * inRight;
      untiedLeft += Math.abs(inLeft);
      untiedRight += Math.abs(inRight);
    }
  }
  const scale = Math.sqrt(untiedLeft * untiedRight);
  return scale === 0 ? null : balance / scale;
}

/**
 * Webber, Moffat and Zobel (2010), extrapolated: what was seen at the last depth goes on.
 */
function rankBiasedOverlap(a: readonly string[], b: readonly string[]): number {
  const depth = Math.min(a.length, b.length);
  let sum = 0;
  for (let at = 1; at <= depth; at += 1) {
    sum += (overlapAt(a, b, at) / at) * persistence ** at;
  }
  const last = overlapAt(a, b, depth) / depth;
  return ((1 - persistence) / persistence) * sum + last * persistence ** depth;
}

function flipped({ scores: a }: Ranking, { scores: b }: Ranking): number | null {
  if (a === null || b === null) return null;
  const changed = [...a].filter(
    ([id, score]) => score >= threshold !== (b.get(id) ?? 0) >= threshold,
  );
  return changed.length / a.size;
}
