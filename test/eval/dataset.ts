// A labelled set on disk: DIR/<set>/themes.json and DIR/<set>/<split>.jsonl.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

const themes = z
  .array(z.strictObject({ id: z.string(), label: z.string(), description: z.string().optional() }))
  .min(2)
  .max(100);

const row = z.strictObject({
  id: z.string(),
  text: z.string(),
  relevant: z.array(z.string()).min(1),
  graded: z.record(z.string(), z.number().min(0).max(1)).optional(),
});

export type EvalTheme = z.output<typeof themes>[number];
export type Row = z.output<typeof row>;

export interface Dataset {
  readonly name: string;
  readonly split: string;
  readonly themes: readonly EvalTheme[];
  readonly rows: readonly Row[];
}

/** A set that cannot be used; the message names file and place. */
export class BadDataset extends Error {}

/**
 * Every set below `folder` that has the split, by name.
 * @param limit texts of each set at most: the same ones in every run, and the more hold the fewer
 * @throws BadDataset when there is none, or a row or theme is not as it should be
 */
export function readDatasets(folder: string, split: string, limit = Infinity): Dataset[] {
  if (!existsSync(folder)) throw new BadDataset(`${folder}: there is no such folder`);
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => existsSync(path.join(folder, name, `${split}.jsonl`)))
    .toSorted();
  if (names.length === 0) {
    throw new BadDataset(`${folder}: holds no <set>/themes.json with <set>/${split}.jsonl`);
  }
  return names.map((name) => readDataset(path.join(folder, name), name, split, limit));
}

function readDataset(folder: string, name: string, split: string, limit: number): Dataset {
  const themesFile = path.join(folder, "themes.json");
  const read = parse(themes, readFileSync(themesFile, "utf8"), themesFile);
  const known = new Set(read.map(({ id }) => id));
  if (known.size < read.length) throw new BadDataset(`${themesFile}: an id stands there twice`);
  const rowsFile = path.join(folder, `${split}.jsonl`);
  const rows = readFileSync(rowsFile, "utf8")
    .split("\n")
    .flatMap((line, index) => {
      if (line.trim() === "") return [];
      const at = `${rowsFile}:${index + 1}`;
      const parsed = parse(row, line, at);
      const named = [...parsed.relevant, ...Object.keys(parsed.graded ?? {})];
      const stranger = named.find((id) => !known.has(id));
      if (stranger !== undefined)
        throw new BadDataset(`${at}: theme ${stranger} is not in the set`);
      return [parsed];
    });
  if (new Set(rows.map(({ id }) => id)).size < rows.length) {
    throw new BadDataset(`${rowsFile}: an id stands there twice`);
  }
  const drawn = rows.toSorted((a, b) => (lot(a) < lot(b) ? -1 : 1)).slice(0, limit);
  return { name, split, themes: read, rows: drawn };
}

/** Files are often sorted by something; a hash of the id is not. */
function lot({ id }: Row): string {
  return createHash("sha256").update(id).digest("hex");
}

function parse<S extends z.ZodType>(schema: S, json: string, at: string): z.output<S> {
  try {
    const parsed = schema.safeParse(JSON.parse(json));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new BadDataset(`${at}: ${issue?.path.join(".")}: ${issue?.message}`);
  } catch (error) {
    if (error instanceof SyntaxError) throw new BadDataset(`${at}: is not JSON`);
    throw error;
  }
}
