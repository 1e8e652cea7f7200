// A ranker against itself and against another on the same texts, with chance beside.
import { agreement, agreementMetrics, type Agreement, type Ranking } from "./agreement.ts";
import { pooled, type Estimate } from "./bootstrap.ts";
import { chance } from "./chance.ts";
import type { SetRun } from "./record.ts";
import { interval, markdown } from "./table.ts";

/** The rankings of one text under both conditions that are compared. */
export interface Compared {
  /** "repeated", "shuffled", or another ranker's name. */
  readonly name: string;
  /** One list per set. */
  readonly pairs: readonly (readonly (readonly [Ranking, Ranking])[])[];
}

export interface AgreementFigures {
  readonly name: string;
  readonly figures: Readonly<Record<keyof Agreement, Estimate | null>>;
}

const floorSeed = 2;

/** The rankings that two runs gave the same texts. */
export function paired(name: string, runs: readonly SetRun[], others: readonly SetRun[]): Compared {
  return {
    name,
    pairs: runs.map((run) => {
      const other = others.find(({ set, digest }) => set === run.set && digest === run.digest);
      const rankings = new Map(other?.rows.map((row) => [row.id, toRanking(row, other.themes)]));
      return run.rows.flatMap((row) => {
        const found = rankings.get(row.id);
        return found === undefined ? [] : [[toRanking(row, run.themes), found] as const];
      });
    }),
  };
}

/** Each of these rankings beside one drawn by chance: what agreement means nothing. */
export function chanceFloor(runs: readonly SetRun[]): Compared {
  const random = chance(floorSeed);
  return {
    name: "chance",
    pairs: runs.map((run) =>
      run.rows.map((row) => {
        const ranking = toRanking(row, run.themes);
        // The same scores dealt to other themes: the decisions keep their rate.
        const dealt = random.shuffled(row.order.map((_, place) => place));
        const order = dealt.map((place) => ranking.order[place] ?? "");
        const heights = ranking.order.map((id) => ranking.scores?.get(id) ?? 0);
        const scores =
          ranking.scores && new Map(order.map((id, place) => [id, heights[place] ?? 0]));
        return [ranking, { order, scores }] as const;
      }),
    ),
  };
}

export function agreementFigures(compared: Compared): AgreementFigures {
  const each = compared.pairs.map((pairs) => pairs.map(([a, b]) => agreement(a, b)));
  const figures = Object.fromEntries(
    agreementMetrics.map(({ key }) => [key, pooled(each.map((set) => set.map((one) => one[key])))]),
  ) as AgreementFigures["figures"];
  return { name: compared.name, figures };
}

export function agreementTable(ranker: string, rows: readonly AgreementFigures[]): string {
  const [first] = rows;
  return [
    `${ranker} against itself and others: ${first?.figures.rbo?.n ?? 0} texts, sets counting alike`,
    "",
    markdown(
      ["against", ...agreementMetrics.map(({ name }) => name)],
      rows.map(({ name, figures }) => [
        name,
        ...agreementMetrics.map(({ key }) => interval(figures[key])),
      ]),
    ),
  ].join("\n");
}

function toRanking({ order, scores }: SetRun["rows"][number], themes: readonly string[]): Ranking {
  const known = scores.every((score) => score !== null);
  return {
    order: order.map((index) => themes[index] ?? ""),
    scores: known ? new Map(scores.map((score, index) => [themes[index] ?? "", score])) : null,
  };
}
