// `npm run eval`: ranking quality of any running gateway or rerank API on labelled sets.
import { writeFileSync } from "node:fs";
import { measured } from "../bench/machine.ts";
import { agreementFigures, agreementTable, chanceFloor, paired } from "./agreement-report.ts";
import { calibration, calibrationTable } from "./calibration.ts";
import { createClient, Unranked, type Client } from "./client.ts";
import { createDirectClient } from "./direct.ts";
import { BadDataset, readDatasets, type Dataset } from "./dataset.ts";
import { digest, evaluate, type EvaluateOptions } from "./evaluate.ts";
import { compare, setFigures } from "./figures.ts";
import { injectionReport } from "./injection/report.ts";
import { BadUsage, readOptions, usage, type Options } from "./options.ts";
import { rankerApis } from "./rankers.ts";
import { BadRecord, readRecord, writeRecord, type EvalRecord } from "./record.ts";
import { selfAgreement } from "./self-agreement.ts";
import { comparisonTable, setTable } from "./table.ts";

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const known = [BadUsage, BadDataset, BadRecord, Unranked].some((kind) => error instanceof kind);
  if (!known) throw error;
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

/** @returns 0; 1 when some texts could not be ranked */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  if (options.injection) return attack(options, args);
  const datasets = readDatasets(options.data, options.split, options.limit);
  const other = options.against === undefined ? null : readRecord(options.against);
  const client = clientOf(options);
  const { record, failed } =
    options.from === undefined
      ? await ask(client, datasets, options, args)
      : { record: readRecord(options.from), failed: [] };

  for (const run of record.sets) {
    const dataset = datasets.find((each) => each.name === run.set && digest(each) === run.digest);
    if (dataset === undefined) throw new BadRecord(`${options.data}: is not the ${run.set} asked`);
    if (run.rows.length > 0) {
      console.log(`${setTable(record.ranker, setFigures(run, dataset, options.price))}\n`);
    }
  }
  if (other !== null) {
    const comparisons = compare(record, other, datasets);
    if (comparisons.length === 0) throw new BadUsage("--against: has no text of these sets");
    console.log(`${comparisonTable(`${record.ranker} against ${other.ranker}`, comparisons)}\n`);
  }
  if (options.agreement) {
    console.log(`${await agreementReport(client, datasets, options, record, other)}\n`);
  }
  if (options.calibration) {
    const report = calibration(record.sets, datasets);
    const text =
      report === null
        ? "It gives no scores from 0 to 100."
        : calibrationTable(record.ranker, report);
    console.log(`${text}\n`);
  }
  const { date, commit, machine } = record.measured;
  console.log(`model ${record.model}; ${date}, commit ${commit}, ${machine}; ${record.seconds} s`);
  if (options.json !== undefined) writeRecord(options.json, record);
  for (const line of failed) console.error(`not ranked: ${line}`);
  return failed.length === 0 ? 0 : 1;
}

async function attack(options: Options, args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const { limit, concurrency, json } = options;
  const { text, figures, failed } = await injectionReport(clientOf(options), {
    limit,
    concurrency,
  });
  console.log(text);
  if (json !== undefined) {
    const report = { ...header(options, args, figures.model, startedMs), figures };
    writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  }
  for (const line of failed) console.error(`not ranked: ${line}`);
  return failed.length === 0 ? 0 : 1;
}

/** What stands above every result: who was asked, where and when, and how to ask again. */
function header(
  { name, api, sources, dialect, layout, origin }: Options,
  args: readonly string[],
  model: string | null,
  startedMs: number,
) {
  const asked = origin === undefined ? [api, sources?.join(",")] : [dialect, layout];
  return {
    ranker: name ?? asked.filter(Boolean).join(" "),
    model,
    measured: measured(),
    command: `npm run eval -- ${withoutKey(args).join(" ")}`,
    seconds: Math.round((performance.now() - startedMs) / 1_000),
  };
}

function clientOf(options: Options): Client {
  const { api, url, key, sources, cache, model, origin, preset, dialect, layout } = options;
  if (origin !== undefined) {
    return createDirectClient({ origin, apiKey: key, preset, dialect, layout });
  }
  const asked = rankerApis[api];
  if (asked === undefined) throw new BadUsage(`--api: ${api}`);
  return createClient({ api: asked, url, key, wanted: { sources, cache, model } });
}

function runOptions(options: Options, datasets: readonly Dataset[]): EvaluateOptions {
  const { url, api, model, sources, cache, concurrency, json } = options;
  const { origin, preset, dialect, layout } = options;
  return {
    concurrency,
    partialFile: `${json ?? ".eval"}.partial`,
    run: JSON.stringify([
      url,
      api,
      model,
      sources,
      cache,
      origin,
      preset,
      dialect,
      layout,
      ...datasets.map(digest),
    ]),
  };
}

async function ask(
  client: Client,
  datasets: readonly Dataset[],
  options: Options,
  args: readonly string[],
): Promise<{ record: EvalRecord; failed: readonly string[] }> {
  const startedMs = performance.now();
  const { sets, failed, model } = await evaluate(client, datasets, runOptions(options, datasets));
  return { record: { ...header(options, args, model, startedMs), sets: [...sets] }, failed };
}

async function agreementReport(
  client: Client,
  datasets: readonly Dataset[],
  options: Options,
  record: EvalRecord,
  other: EvalRecord | null,
): Promise<string> {
  const compared = await selfAgreement(
    client,
    datasets,
    record.sets,
    runOptions(options, datasets),
  );
  if (other !== null) compared.push(paired(other.ranker, record.sets, other.sets));
  compared.push(chanceFloor(record.sets));
  return agreementTable(record.ranker, compared.map(agreementFigures));
}

function withoutKey(args: readonly string[]): string[] {
  return args
    .map((arg, index) => (args[index - 1] === "--key" ? "…" : arg))
    .map((arg) => arg.replace(/^--key=.*/, "--key=…"));
}
