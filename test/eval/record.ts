// What a run leaves: every ranking it was given, so that any figure can be computed again.
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";

const ranked = z.object({
  /** The row's id. */
  id: z.string(),
  /** Indices into the set's themes, best first. */
  order: z.array(z.number().int()),
  /** In the order of the set's themes, 0-100; null where the ranker only orders. */
  scores: z.array(z.number().nullable()),
  confidence: z.array(z.number()).nullable(),
  /** As the client saw it. */
  ms: z.number(),
  source: z.string().nullable(),
  tokens: z.number().nullable(),
  costUsd: z.number().nullable(),
});

const setRun = z.object({
  set: z.string(),
  split: z.string(),
  /** Of the themes and texts as they were read; runs over other ones are not compared. */
  digest: z.string(),
  themes: z.array(z.string()),
  rows: z.array(ranked),
});

const record = z.object({
  ranker: z.string(),
  model: z.string().nullable(),
  measured: z.object({
    date: z.string(),
    commit: z.string(),
    machine: z.string(),
    node: z.string(),
  }),
  command: z.string(),
  seconds: z.number(),
  sets: z.array(setRun),
});

/** One text's ranking. */
export type Ranked = z.output<typeof ranked>;
export type SetRun = z.output<typeof setRun>;
/** One run of one ranker over the sets. */
export type EvalRecord = z.output<typeof record>;

export { ranked as rankedShape };

/** A file that holds no such run; the message names it. */
export class BadRecord extends Error {}

/** @throws BadRecord */
export function readRecord(file: string): EvalRecord {
  try {
    return record.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const what = error instanceof z.ZodError ? "holds no run of the evaluation" : String(error);
    throw new BadRecord(`${file}: ${what}`);
  }
}

/** One ranking a line: readable, and a change of one is a change of one line. */
export function writeRecord(file: string, run: EvalRecord): void {
  const rows: string[] = [];
  const shell = JSON.stringify(
    run,
    (key, value: unknown) => {
      if (key !== "rows" && key !== "themes") return value;
      rows.push(
        key === "themes"
          ? JSON.stringify(value)
          : `[\n${(value as Ranked[]).map((row) => `        ${JSON.stringify(row)}`).join(",\n")}\n      ]`,
      );
      return `@${rows.length - 1}`;
    },
    2,
  );
  writeFileSync(file, `${shell.replace(/"@(\d+)"/g, (_, index) => rows[Number(index)] ?? "")}\n`);
}
