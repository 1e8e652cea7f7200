// What the command line may say.
import { parseArgs } from "node:util";
import { promptLayouts } from "../../gateway/core/origin.ts";
import { rankerApis } from "./rankers.ts";

export const usage = `npm run eval -- [--url URL] [--data DIR] [--split dev]

  --url URL          a running gateway or server; default http://localhost:8787
  --data DIR         DIR/<set>/themes.json with DIR/<set>/<split>.jsonl; default test/eval/data
  --sources LIST     which rankers of a gateway may answer: origin, gemini, lexical
  --api NAME         ${Object.keys(rankerApis).join(", ")}; default themerank
  --model NAME       of the other APIs
  --key KEY          sent as a bearer token; or EVAL_KEY in the environment
  --limit N          texts of each set at most
  --concurrency N    calls at once; default 4
  --cache MODE       of a gateway; default no-store: every ranking is made anew
  --price USD        per 1,000 rankings, where the answers name no cost
  --name NAME        the ranker's name in the tables
  --json FILE        writes the run: every ranking, for --against, --from and the reports
  --origin URL       no gateway between: its own ranker in this process, for slow servers;
                     with --preset NAME, --dialect completions|chat, --layout text-first|catalog-first
  --from FILE        reads a run instead of asking anybody
  --against FILE     another run: the two are compared text by text

  --agreement        the ranker with itself, themes shuffled and repeated, and with --against
  --calibration      whether scores mean what they say, and what confidence knows
  --injection        texts that try to move a theme, 120 of them or --limit; its carriers are fixed
`;

/** What the command was told that it cannot use; the message names the flag. */
export class BadUsage extends Error {}

/** @throws BadUsage */
export function readOptions(args: readonly string[]) {
  const values = parse(args);
  if (rankerApis[values.api] === undefined) {
    throw new BadUsage(`--api: one of ${Object.keys(rankerApis).join(", ")}`);
  }
  const price = values.price === undefined ? null : Number(values.price);
  if (price !== null && !(price >= 0)) throw new BadUsage("--price: a number of US dollars");
  if (values.from !== undefined && (values.agreement || values.injection)) {
    throw new BadUsage(
      "--from: has only what was asked then; --agreement and --injection ask anew",
    );
  }
  const layout = promptLayouts.find((each) => each === values.layout);
  if (layout === undefined) throw new BadUsage(`--layout: one of ${promptLayouts.join(", ")}`);
  return {
    ...values,
    layout,
    price,
    limit: whole("limit", values.limit ?? null),
    concurrency: whole("concurrency", values.concurrency),
    sources: values.sources?.split(",") ?? null,
  };
}

export type Options = ReturnType<typeof readOptions>;

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        url: { type: "string", default: "http://localhost:8787" },
        data: { type: "string", default: "test/eval/data" },
        split: { type: "string", default: "dev" },
        sources: { type: "string" },
        api: { type: "string", default: "themerank" },
        model: { type: "string", default: "default" },
        key: { type: "string", default: process.env["EVAL_KEY"] ?? "" },
        limit: { type: "string" },
        concurrency: { type: "string", default: "4" },
        cache: { type: "string", default: "no-store" },
        price: { type: "string" },
        name: { type: "string" },
        json: { type: "string" },
        origin: { type: "string" },
        preset: { type: "string", default: "llama-3.1-8b.4090" },
        dialect: { type: "string", default: "completions" },
        layout: { type: "string", default: "text-first" },
        from: { type: "string" },
        against: { type: "string" },
        agreement: { type: "boolean", default: false },
        calibration: { type: "boolean", default: false },
        injection: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new BadUsage(error instanceof Error ? error.message : "unreadable");
  }
}

function whole(name: string, text: string | null): number {
  const number = text === null ? Infinity : Number(text);
  if (text !== null && (!Number.isInteger(number) || number < 1)) {
    throw new BadUsage(`--${name}: a whole number from 1`);
  }
  return number;
}
