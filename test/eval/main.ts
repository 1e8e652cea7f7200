// `npm run eval`: ranking quality of any running gateway or rerank API on labelled sets.
import { parseArgs } from "node:util";
import { measured } from "../bench/machine.ts";
import { createClient, Unranked } from "./client.ts";
import { BadDataset, readDatasets } from "./dataset.ts";
import { digest, evaluate } from "./evaluate.ts";
import { compare, setFigures } from "./figures.ts";
import { rankerApis } from "./rankers.ts";
import { BadRecord, readRecord, writeRecord } from "./record.ts";
import { comparisonTable, setTable } from "./table.ts";

const usage = `npm run eval -- [--url URL] [--data DIR] [--split dev]

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
  --against FILE     another run's file: the two are compared text by text
  --name NAME        the ranker's name in the tables
  --json FILE        writes the run: every ranking, for --against and the reports
`;

/** What the command was told that it cannot use. */
class BadUsage extends Error {}

const options = {
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
  against: { type: "string" },
  name: { type: "string" },
  json: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const known = [BadUsage, BadDataset, BadRecord, Unranked].some((kind) => error instanceof kind);
  // parseArgs names the flag in a TypeError of its own.
  const flag = error instanceof TypeError && "code" in error;
  if (!known && !flag) throw error;
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

/** @returns 0; 1 when some texts could not be ranked */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const api = rankerApis[values.api];
  if (api === undefined) {
    throw new BadUsage(`--api: one of ${Object.keys(rankerApis).join(", ")}`);
  }
  const datasets = readDatasets(values.data, values.split, whole("limit", values.limit));
  const other = values.against === undefined ? null : readRecord(values.against);
  const price = values.price === undefined ? null : Number(values.price);
  if (Number.isNaN(price)) throw new BadUsage("--price: a number of US dollars");

  const wanted = {
    sources: values.sources?.split(",") ?? null,
    cache: values.cache,
    model: values.model,
  };
  const { key, name, json, against, price: _, concurrency, help, ...said } = values;
  const startedMs = performance.now();
  const evaluated = await evaluate(createClient({ api, url: values.url, key, wanted }), datasets, {
    concurrency: whole("concurrency", concurrency),
    partialFile: `${json ?? ".eval"}.partial`,
    run: JSON.stringify([said, datasets.map(digest)]),
  });
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  const record = {
    ranker: name ?? [values.api, values.sources].filter(Boolean).join(" "),
    model: evaluated.model,
    measured: measured(),
    command: `npm run eval -- ${withoutKey(args).join(" ")}`,
    seconds,
    sets: [...evaluated.sets],
  };

  for (const run of record.sets) {
    const dataset = datasets.find((each) => each.name === run.set);
    if (dataset && run.rows.length > 0) {
      console.log(`${setTable(record.ranker, setFigures(run, dataset, price))}\n`);
    }
  }
  if (other !== null) {
    const comparisons = compare(record, other, datasets);
    if (comparisons.length === 0) throw new BadUsage(`${against}: has no text of these sets`);
    console.log(`${comparisonTable(`${record.ranker} against ${other.ranker}`, comparisons)}\n`);
  }
  const { date, commit, machine } = record.measured;
  console.log(`model ${record.model}; ${date}, commit ${commit}, ${machine}; ${seconds} s`);
  if (json !== undefined) writeRecord(json, record);
  for (const line of evaluated.failed) console.error(`not ranked: ${line}`);
  return evaluated.failed.length === 0 ? 0 : 1;
}

function whole(name: string, text: string | undefined): number {
  if (text === undefined) return Infinity;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new BadUsage(`--${name}: a whole number`);
  return number;
}

function withoutKey(args: readonly string[]): string[] {
  return args
    .map((arg, index) => (args[index - 1] === "--key" ? "…" : arg))
    .map((arg) => arg.replace(/^--key=.*/, "--key=…"));
}
