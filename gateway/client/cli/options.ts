// The command line: what may be asked, and what is wrong with it.
import { parseArgs } from "node:util";

export const usage = `Usage: themerank TEXT [options]
       themerank - [options]               the text from stdin
       themerank --jsonl FILE [options]    many texts, one JSON a line: "text" or {"text": "…"}; - = stdin

Themes (default: --catalog life, which every deployment has)
  --themes FILE       JSON: ["Money", {"id": "sleep", "label": "Sleep", "description": "…"}]
  --catalog NAME      a catalogue stored in the service
  --top N             only the first N themes
  --min-score S       only themes of at least S, 0 to 100

Answers
  --json              the answer as JSON
  --summary           a summary around the first themes
  --stream            the same, the ranking at once and the summary as it is written
  --concurrency N     with --jsonl: requests at a time, 1 to 32 (default 4)

Service
  --url URL           default: THEMERANK_URL, else http://localhost:8787
  --key KEY           default: THEMERANK_API_KEY, which other users of the machine cannot see
  --timeout SECONDS   for each text (default 35)

Exit codes: 0 ok, 1 some of many texts failed, 2 bad input, 3 not reachable, 4 key refused or over its
rate, 5 the service failed, 130 interrupted.
`;

export interface Options {
  /** `-` = stdin; null with `jsonl`. */
  readonly text: string | null;
  readonly jsonl: string | null;
  readonly themesFile: string | null;
  readonly catalog: string | null;
  readonly topK: number | null;
  readonly minScore: number | null;
  readonly json: boolean;
  readonly summary: boolean;
  readonly stream: boolean;
  readonly concurrency: number;
  readonly url: string;
  readonly key: string | undefined;
  readonly timeoutMs: number;
}

/** What is wrong with the input, in words for the user; never with a key in them. */
export class BadInput extends Error {}

const flags = {
  themes: { type: "string" },
  catalog: { type: "string" },
  top: { type: "string" },
  "min-score": { type: "string" },
  json: { type: "boolean" },
  summary: { type: "boolean" },
  stream: { type: "boolean" },
  jsonl: { type: "string" },
  concurrency: { type: "string" },
  url: { type: "string" },
  key: { type: "string" },
  timeout: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** @returns null where help was asked for. @throws BadInput */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Options | null {
  const { values, positionals } = parsed(args);
  if (values.help === true) return null;
  const [text = null, ...more] = positionals;
  const jsonl = values.jsonl ?? null;
  if (more.length > 0) throw new BadInput("one text at a time; put it in quotes");
  if (text === null && jsonl === null) throw new BadInput("no text; see themerank --help");
  if (text !== null && jsonl !== null) throw new BadInput("either a text or --jsonl");
  if (values.themes !== undefined && values.catalog !== undefined) {
    throw new BadInput("either --themes or --catalog");
  }
  const stream = values.stream === true;
  if (stream && (jsonl !== null || values.json === true)) {
    throw new BadInput("--stream goes with one text, and without --json");
  }
  const url = values.url ?? env["THEMERANK_URL"] ?? "http://localhost:8787";
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new BadInput("--url must be an http or https URL");
  }
  return {
    text,
    jsonl,
    themesFile: values.themes ?? null,
    catalog: values.themes === undefined ? (values.catalog ?? "life") : null,
    topK: number(values.top, "--top", 1, 100),
    minScore: number(values["min-score"], "--min-score", 0, 100),
    json: values.json === true,
    summary: values.summary === true || stream,
    stream,
    concurrency: number(values.concurrency, "--concurrency", 1, 32) ?? 4,
    url,
    key: values.key ?? (env["THEMERANK_API_KEY"] || undefined),
    timeoutMs: (number(values.timeout, "--timeout", 1, 600) ?? 35) * 1_000,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true });
  } catch (error) {
    // Node quotes the argument, which may be a key: only a flag's name is passed on.
    const flag = /'(--?[a-z-]+)/.exec(error instanceof Error ? error.message : "")?.[1];
    throw new BadInput(`bad option${flag === undefined ? "" : ` ${flag}`}; see themerank --help`);
  }
}

function number(value: string | undefined, name: string, min: number, max: number): number | null {
  if (value === undefined) return null;
  const given = Number(value);
  if (value.trim() === "" || !(given >= min && given <= max)) {
    throw new BadInput(`${name} must be a number from ${min} to ${max}`);
  }
  return given;
}
