// What the variants are worth against the shipped prompt, text by text.
import { pooled } from "../bootstrap.ts";
import type { Dataset } from "../dataset.ts";
import { digest } from "../evaluate.ts";
import { compare, qualities } from "../figures.ts";
import type { SetRun } from "../record.ts";
import { interval, markdown } from "../table.ts";
import { variants } from "./variants.ts";

/** One text rated by one variant; scores in the order of the set's themes. */
export interface Line {
  readonly variant: string;
  readonly set: string;
  readonly id: string;
  readonly scores: readonly number[];
  /** The least share of probability on the answer tokens. */
  readonly coverage: number;
  readonly tokens: number | null;
  readonly ms: number;
}

/** A variant's lines as a run of the evaluation. */
function toRuns(lines: readonly Line[], datasets: readonly Dataset[]): SetRun[] {
  return datasets.map((dataset) => ({
    set: dataset.name,
    split: dataset.split,
    digest: digest(dataset),
    themes: dataset.themes.map(({ id }) => id),
    rows: lines
      .filter(({ set }) => set === dataset.name)
      .map(({ id, scores, ms, tokens }) => ({
        id,
        order: scores
          .map((score, index) => ({ score, index }))
          .toSorted((a, b) => b.score - a.score || a.index - b.index)
          .map(({ index }) => index),
        scores: [...scores],
        confidence: null,
        ms,
        source: "origin",
        tokens,
        costUsd: null,
      })),
  }));
}

/** Quality and cost of every variant, and its paired difference to the shipped prompt. */
export function experimentsTable(lines: readonly Line[], datasets: readonly Dataset[]): string {
  const of = (name: string) => lines.filter(({ variant }) => variant === name);
  const shipped = toRuns(of("shipped"), datasets);
  const rows = variants.flatMap(({ name, change }) => {
    const own = of(name);
    if (own.length === 0) return [];
    const sets = toRuns(own, datasets);
    const [ndcg] = compare({ sets }, { sets: shipped }, datasets);
    const each = sets.map((run, index) => {
      const dataset = datasets[index];
      return dataset === undefined ? [] : qualities(run, dataset).map(({ ndcg5 }) => ndcg5);
    });
    const tokens = own.reduce((sum, line) => sum + (line.tokens ?? 0), 0) / own.length;
    const difference = name === "shipped" ? "" : interval(ndcg?.difference ?? null);
    return [
      [
        name,
        change,
        own.length,
        interval(pooled(each)),
        difference,
        name === "shipped" ? "" : (ndcg?.verdict ?? ""),
        Math.round(tokens),
      ],
    ];
  });
  const head = ["variant", "change", "texts", "nDCG@5", "against shipped", "verdict", "tokens"];
  return markdown(head, rows);
}
