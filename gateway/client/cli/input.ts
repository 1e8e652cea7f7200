// What is read: the text, the themes, and the lines of many texts.
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { RankRequest } from "../api.ts";
import { BadInput } from "./options.ts";

/** @throws BadInput */
export async function readThemes(file: string): Promise<NonNullable<RankRequest["themes"]>> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new BadInput(`cannot read ${file}`);
  });
  const themes = parsed(text);
  if (themes === undefined) throw new BadInput(`${file} is no JSON`);
  if (!Array.isArray(themes)) throw new BadInput(`${file} is no JSON array of themes`);
  return themes as NonNullable<RankRequest["themes"]>;
}

export async function readAll(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}

/** One line of a JSONL file that holds something. */
export interface Line {
  /** From 1, as editors count. */
  readonly line: number;
  /** Given back with the answer; null where the line has none. */
  readonly id: unknown;
  /** null = the line holds no text. */
  readonly text: string | null;
}

/** The lines as they are asked for: a file of any size is never held whole. */
export async function* readLines(file: string, stdin: Readable): AsyncGenerator<Line, void, void> {
  const input = file === "-" ? stdin : createReadStream(file);
  let count = 0;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    count += 1;
    if (line.trim() === "") continue;
    const value = parsed(line);
    const fields = (typeof value === "object" && value !== null ? value : { text: value }) as {
      id?: unknown;
      text?: unknown;
    };
    const text = typeof fields.text === "string" ? fields.text : null;
    yield { line: count, id: fields.id ?? null, text };
  }
}

/** How many lines hold something; null for stdin, which is read once. */
export async function countLines(file: string): Promise<number | null> {
  if (file === "-") return null;
  let count = 0;
  try {
    const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
    for await (const line of lines) if (line.trim() !== "") count += 1;
  } catch {
    throw new BadInput(`cannot read ${file}`);
  }
  return count;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
}
