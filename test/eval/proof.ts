// `npm run proof -- --origin URL`: all that can be said of one's own server, in one run and one file.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { measured } from "../bench/machine.ts";
import { readPreset } from "../presets/read-preset.ts";
import { startStack } from "../support/stack.ts";
import { agreementFigures, agreementTable, chanceFloor } from "./agreement-report.ts";
import { benchRankings } from "./bench.ts";
import { calibration, calibrationTable } from "./calibration.ts";
import { createClient, Unranked } from "./client.ts";
import { BadDataset, readDatasets } from "./dataset.ts";
import { evaluate } from "./evaluate.ts";
import { setFigures } from "./figures.ts";
import { injectionReport } from "./injection/report.ts";
import { rankerApis } from "./rankers.ts";
import { selfAgreement } from "./self-agreement.ts";
import { markdown, setTable, share } from "./table.ts";

const usage = `npm run proof -- --origin URL [--preset NAME] [--card NAME]

  --origin URL       the server's OpenAI base URL: http://host:8000/v1
  --preset NAME      what it serves, from gpu-origin/presets; default llama-3.1-8b.4090
  --dialect NAME     completions (default), chat or rerank
  --card NAME        the card's name for the README; default the preset's
  --api-key KEY      the server's; or ORIGIN_API_KEY in the environment
  --data DIR         default test/eval/data
  --limit N          texts of each set; default all
  --rounds N         rankings measured of each size; default 20
  --json FILE        default proof.json
`;

const { values } = parseArgs({
  options: {
    origin: { type: "string" },
    preset: { type: "string", default: "llama-3.1-8b.4090" },
    dialect: { type: "string", default: "completions" },
    card: { type: "string" },
    "api-key": { type: "string", default: process.env["ORIGIN_API_KEY"] ?? "" },
    data: { type: "string", default: "test/eval/data" },
    limit: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "20" },
    json: { type: "string", default: "proof.json" },
    help: { type: "boolean", default: false },
  },
});
const cellSeconds = 60;

if (values.help || values.origin === undefined) {
  console.log(usage);
  process.exitCode = values.help ? 0 : 2;
} else {
  await prove(values.origin).catch((error: unknown) => {
    if (!(error instanceof Unranked) && !(error instanceof BadDataset)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  });
}

async function prove(origin: string): Promise<void> {
  const preset = readPreset(values.preset);
  const startedMs = performance.now();
  const stack = await startStack(["--origin", origin, "--dialect", values.dialect], {
    ORIGIN_API_KEY: values["api-key"],
    ORIGIN_MODEL_VERSION: values.preset,
    ORIGIN_PROMPT_FORMAT: preset.PROMPT_FORMAT,
    ORIGIN_RATING_TOKENS: preset.RATING_TOKENS,
    // What is asked is how good and how fast it is, not whether it is as fast as a card should be.
    ORIGIN_TIMEOUT_MS: "30000",
    GEMINI_API_KEY: "",
    BREAKER: "closed",
  });
  try {
    const api = rankerApis["themerank"];
    if (api === undefined) throw new Error("the native API is gone");
    const wanted = { sources: ["origin"], cache: "no-store", model: "" };
    const client = createClient({ api, url: stack.url, key: "", wanted });
    const datasets = readDatasets(values.data, "dev", Number(values.limit));
    const run = `${origin} ${values.preset}`;
    const options = { concurrency: 2, partialFile: `${values.json}.partial`, run };

    const { sets, failed, model } = await evaluate(client, datasets, options);
    const quality = sets.flatMap((set) => {
      const dataset = datasets.find(({ name }) => name === set.set);
      return dataset === undefined || set.rows.length === 0 ? [] : [setFigures(set, dataset)];
    });
    for (const set of quality) console.log(`${setTable(values.preset, set)}\n`);
    const compared = await selfAgreement(client, datasets, sets, options);
    const agreement = [...compared, chanceFloor(sets)].map(agreementFigures);
    console.log(`${agreementTable(values.preset, agreement)}\n`);
    const calibrated = calibration(sets, datasets);
    if (calibrated !== null) console.log(`${calibrationTable(values.preset, calibrated)}\n`);
    const injection = await injectionReport(client, {});
    console.log(`${injection.text}\n`);
    const bench = await benchRankings(client, Number(values.rounds), cellSeconds);

    const card = values.card ?? values.preset.split(".").at(-1) ?? "";
    const row = readmeRow(values.preset, card, quality, bench);
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    const proof = {
      ...measured(),
      preset: values.preset,
      card,
      model,
      seconds,
      failed: failed.length,
      readmeRow: row,
      quality,
      agreement,
      calibration: calibrated,
      injection: injection.figures,
      bench,
    };
    writeFileSync(values.json, `${JSON.stringify(proof, null, 2)}\n`);
    console.log(row);
    console.log(`\n${seconds} s; all figures in ${values.json}`);
    for (const line of failed) console.error(`not ranked: ${line}`);
    process.exitCode = failed.length === 0 ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

/** The line that a person pastes into the README's table of cards. */
function readmeRow(
  preset: string,
  card: string,
  quality: readonly ReturnType<typeof setFigures>[],
  { sizes, load }: Awaited<ReturnType<typeof benchRankings>>,
): string {
  const [typical] = sizes;
  const most = load.reduce((best, each) =>
    each.rankingsPerSecond > best.rankingsPerSecond ? each : best,
  );
  const cells = {
    preset,
    card,
    ...Object.fromEntries(
      quality.map(({ set, figures }) => [`${set} nDCG@5`, share(figures.ndcg5?.value ?? null)]),
    ),
    "p50 / p95 ms, 24 themes, 300 tokens": `${typical?.p50Ms} / ${typical?.p95Ms}`,
    "rankings a second": `${most.rankingsPerSecond.toFixed(1)} at ${most.concurrency}`,
  };
  return markdown(Object.keys(cells), [Object.values(cells)]);
}
