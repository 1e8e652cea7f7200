// One ranker over the sets: bounded concurrency, and what is done is kept, so that a stop costs nothing.
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { Unranked, type Client } from "./client.ts";
import type { Dataset, Row } from "./dataset.ts";
import { progress } from "./progress.ts";
import { rankedShape, type Ranked, type SetRun } from "./record.ts";

const partialLine = z.object({ run: z.string(), set: z.string(), row: rankedShape });

export interface EvaluateOptions {
  readonly concurrency: number;
  /** Keeps the rankings of an unfinished run. */
  readonly partialFile: string;
  /** Names all that the rankings depend on: another run's leavings are not taken up. */
  readonly run: string;
}

export interface Evaluated {
  readonly sets: readonly SetRun[];
  /** Rows without a ranking, each with its reason. */
  readonly failed: readonly string[];
  readonly model: string | null;
}

/** @throws Unranked when the very first text cannot be ranked: the rest would not either */
export async function evaluate(
  client: Client,
  datasets: readonly Dataset[],
  { concurrency, partialFile, run }: EvaluateOptions,
): Promise<Evaluated> {
  const kept = new Map<string, Ranked>();
  if (existsSync(partialFile)) {
    for (const text of readFileSync(partialFile, "utf8").split("\n")) {
      // The last line of a killed run may be half a line.
      const line = partialLine.safeParse(parseJson(text));
      if (line.success && line.data.run === run) {
        kept.set(`${line.data.set}/${line.data.row.id}`, line.data.row);
      }
    }
  }
  const failed: string[] = [];
  let model: string | null = null;
  let answered = kept.size > 0;

  const one = async (dataset: Dataset, row: Row): Promise<Ranked | null> => {
    try {
      const { model: by, ...ranked } = await client(row.text, dataset.themes);
      model = by ?? model;
      answered = true;
      const { order, scores, confidence, ms, source, tokens, costUsd } = ranked;
      const result = {
        id: row.id,
        ms,
        source,
        tokens,
        costUsd,
        order: [...order],
        scores: scores.map((score) => (score === null ? null : Number(score.toFixed(2)))),
        confidence: confidence?.map((each) => Number(each.toFixed(3))) ?? null,
      };
      const line = { run, set: dataset.name, row: result };
      appendFileSync(partialFile, `${JSON.stringify(line)}\n`);
      return result;
    } catch (error) {
      if (!(error instanceof Unranked) || !answered) throw error;
      failed.push(`${dataset.name} ${row.id}: ${error.message}`);
      return null;
    }
  };

  const sets: SetRun[] = [];
  for (const dataset of datasets) {
    const bar = progress(dataset.name, dataset.rows.length);
    const rows: (Ranked | null)[] = [];
    const queue = dataset.rows.entries();
    const worker = async () => {
      for (const [index, row] of queue) {
        const known = kept.get(`${dataset.name}/${row.id}`);
        rows[index] = known ?? (await one(dataset, row));
        bar.tick(known === undefined ? `${rows[index]?.ms ?? "failed"} ms` : "kept");
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    sets.push({
      set: dataset.name,
      split: dataset.split,
      digest: digest(dataset),
      themes: dataset.themes.map(({ id }) => id),
      rows: rows.filter((row) => row !== null),
    });
  }
  if (failed.length === 0) rmSync(partialFile, { force: true });
  return { sets, failed, model };
}

/** Names a set by its themes and by the texts' labels: runs are compared over the same set only. */
export function digest({ themes, split }: Dataset): string {
  return createHash("sha256")
    .update(JSON.stringify([split, themes]))
    .digest("hex")
    .slice(0, 16);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
