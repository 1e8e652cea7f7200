// Whether a score means what it says, and whether a low confidence means more errors.
import { estimate, type Estimate } from "./bootstrap.ts";
import type { Dataset } from "./dataset.ts";
import { isotonic } from "./isotonic.ts";
import type { SetRun } from "./record.ts";
import { interval, markdown, share } from "./table.ts";

/** One decision of a ranker: a theme of a text. */
interface Judged {
  readonly text: string;
  /** 0-1 */
  readonly score: number;
  readonly confidence: number | null;
  readonly relevant: 0 | 1;
}

export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly meanScore: number;
  readonly relevantShare: number;
}

export interface Calibration {
  readonly decisions: number;
  /** Mean squared difference of score / 100 and relevance (Brier, 1950); lower is better. */
  readonly brier: Estimate | null;
  /** Of always saying how frequent relevant themes are: what a score has to beat. */
  readonly brierOfBaseRate: number;
  /** After an isotonic map fitted on the other half of the texts: what recalibration could gain. */
  readonly brierFitted: number;
  /** Mean distance of score and share of relevant themes over ten equal bins (Guo et al., 2017). */
  readonly ece: number;
  readonly bins: readonly Bin[];
  readonly confidence: ConfidenceReport | null;
}

export interface ConfidenceReport {
  /** Brier score of what is left when only the most confident themes are kept. */
  readonly kept: readonly { readonly share: number; readonly brier: number }[];
  /**
   * Squared error of the less confident half less that of the more confident half among themes of
   * like score (same tenth), per text: above 0, confidence knows something the score does not.
   */
  readonly beyondScore: Estimate | null;
}

const binCount = 10;
const shares = [1, 0.9, 0.75, 0.5] as const;
const average = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const squared = ({ score, relevant }: Judged) => (score - relevant) ** 2;

/** @returns null where the ranker gives no scores between 0 and 100 */
export function calibration(
  runs: readonly SetRun[],
  datasets: readonly Dataset[],
): Calibration | null {
  const all = runs.flatMap((run) => judged(run, datasets));
  if (all.length === 0 || all.some(({ score }) => !(score >= 0 && score <= 1))) return null;
  const baseRate = average(all.map(({ relevant }) => relevant));
  const bins = binned(all);
  return {
    decisions: all.length,
    brier: estimate(perText(all, (decisions) => average(decisions.map(squared)))),
    brierOfBaseRate: baseRate * (1 - baseRate),
    brierFitted: fitted(all),
    ece: bins.reduce(
      (sum, bin) => sum + (bin.count / all.length) * Math.abs(bin.meanScore - bin.relevantShare),
      0,
    ),
    bins,
    confidence: all.some(({ confidence }) => confidence === null) ? null : confidenceReport(all),
  };
}

function judged(run: SetRun, datasets: readonly Dataset[]): Judged[] {
  const dataset = datasets.find(({ name }) => name === run.set);
  const rows = new Map(dataset?.rows.map((row) => [row.id, row]));
  return run.rows.flatMap(({ id, scores, confidence }) => {
    const relevant = new Set(rows.get(id)?.relevant);
    if (relevant.size === 0) return [];
    return scores.flatMap((score, index): Judged[] =>
      score === null
        ? []
        : [
            {
              text: `${run.set}/${id}`,
              score: score / 100,
              confidence: confidence?.[index] ?? null,
              relevant: relevant.has(run.themes[index] ?? "") ? 1 : 0,
            },
          ],
    );
  });
}

function perText(
  all: readonly Judged[],
  of: (decisions: readonly Judged[]) => number | null,
): (number | null)[] {
  return [...Map.groupBy(all, ({ text }) => text).values()].map(of);
}

function binned(all: readonly Judged[]): Bin[] {
  const groups = Map.groupBy(all, ({ score }) => binOf(score));
  return [...groups.keys()]
    .toSorted((a, b) => a - b)
    .map((bin) => {
      const inside = groups.get(bin) ?? [];
      return {
        from: bin / binCount,
        to: (bin + 1) / binCount,
        count: inside.length,
        meanScore: average(inside.map(({ score }) => score)),
        relevantShare: average(inside.map(({ relevant }) => relevant)),
      };
    });
}

function binOf(score: number): number {
  return Math.min(binCount - 1, Math.floor(score * binCount));
}

/** Each half of the texts is mapped by a fit on the other: a fit is never judged by its own data. */
function fitted(all: readonly Judged[]): number {
  const texts = [...new Set(all.map(({ text }) => text))];
  const firstHalf = new Set(texts.filter((_, index) => index % 2 === 0));
  const halves = [
    all.filter(({ text }) => firstHalf.has(text)),
    all.filter(({ text }) => !firstHalf.has(text)),
  ] as const;
  const errors = ([fit, judge]: readonly [readonly Judged[], readonly Judged[]]) => {
    const map = isotonic(fit.map(({ score, relevant }) => ({ x: score, y: relevant })));
    return judge.map(({ score, relevant }) => (map(score) - relevant) ** 2);
  };
  return average([...errors(halves), ...errors([halves[1], halves[0]])]);
}

function confidenceReport(all: readonly Judged[]): ConfidenceReport {
  const byConfidence = all.toSorted((a, b) => (b.confidence ?? 0) - (a.confidence ?? 0));
  const sure = new Map(
    [...Map.groupBy(all, ({ score }) => binOf(score))].map(([bin, inside]) => {
      const sorted = inside.map(({ confidence }) => confidence ?? 0).toSorted((a, b) => a - b);
      return [bin, sorted[Math.floor(sorted.length / 2)] ?? 0];
    }),
  );
  const isSure = ({ score, confidence }: Judged) =>
    (confidence ?? 0) >= (sure.get(binOf(score)) ?? 0);
  // What a like score usually costs is taken off, so that only confidence is compared.
  const usual = new Map(
    [...Map.groupBy(all, ({ score }) => binOf(score))].map(([bin, inside]) => [
      bin,
      average(inside.map(squared)),
    ]),
  );
  const unusual = (decision: Judged) => squared(decision) - (usual.get(binOf(decision.score)) ?? 0);
  return {
    kept: shares.map((kept) => ({
      share: kept,
      brier: average(byConfidence.slice(0, Math.ceil(kept * all.length)).map(squared)),
    })),
    beyondScore: estimate(
      perText(all, (decisions) => {
        const more = decisions.filter(isSure);
        const less = decisions.filter((decision) => !isSure(decision));
        if (more.length === 0 || less.length === 0) return null;
        return average(less.map(unusual)) - average(more.map(unusual));
      }),
    ),
  };
}

export function calibrationTable(ranker: string, report: Calibration): string {
  const { brier, brierOfBaseRate, brierFitted, ece, bins, confidence } = report;
  const lines = [
    `${ranker}: Brier ${interval(brier)}, base rate ${share(brierOfBaseRate)}, isotonic fit ` +
      `${share(brierFitted)}, ECE ${share(ece)}; ${report.decisions} decisions`,
    "",
    markdown(
      ["score", "decisions", "mean score", "relevant"],
      bins.map(({ from, to, count, meanScore, relevantShare }) => [
        `${100 * from}-${100 * to}`,
        count,
        share(meanScore),
        share(relevantShare),
      ]),
    ),
  ];
  if (confidence === null) return [...lines, "", "It gives no confidence."].join("\n");
  const kept = confidence.kept.map((each) => `${100 * each.share} % ${share(each.brier)}`);
  return [
    ...lines,
    "",
    `Brier of the most confident: ${kept.join(", ")}`,
    `Less confident less more confident, at like scores: ${interval(confidence.beyondScore)}`,
  ].join("\n");
}
