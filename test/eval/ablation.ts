// What each part of the lexical and of the embedded ranker is worth: the ranker without it, text by text.
import { parseArgs } from "node:util";
import life from "../../gateway/samples/life.json" with { type: "json" };
import sampleTexts from "../../gateway/samples/texts.json" with { type: "json" };
import { createLexicalRanker, lexicalModel } from "../../gateway/rank/lexical-ranker.ts";
import { patientDeadline } from "../support/patient.ts";
import type { Wording } from "../../gateway/text/overlap.ts";
import { loadEmbedder, type Embedding } from "../../gpu-origin/embedded/embedder.ts";
import { createReranker } from "../../gpu-origin/embedded/reranker.ts";
import { measured } from "../bench/machine.ts";
import { quantile } from "../bench/stats.ts";
import { estimate, pooled, verdict } from "./bootstrap.ts";
import { readDatasets, type Dataset } from "./dataset.ts";
import { embeddedVariants, type Embedder } from "./embedded-variants.ts";
import { lexicalVariants } from "./lexical-variants.ts";
import { quality } from "./metrics.ts";
import { interval, markdown } from "./table.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "test/eval/data" },
    split: { type: "string", default: "dev" },
    ranker: { type: "string", default: "lexical,embedded" },
  },
});

interface Theme extends Wording {
  readonly id: string;
}
/** The values of the themes, in their order, for one text. */
type Values = (text: string, themes: readonly Theme[]) => Promise<readonly number[]>;
/** nDCG@5 of each text, set by set. */
type Qualities = readonly (readonly number[])[];

const sets = readDatasets(values.data, values.split);
const themesOf = new Map(
  sets.map((set) => [
    set,
    set.themes.map(({ id, label, description = "" }) => ({ id, label, description })),
  ]),
);
const stay = new AbortController().signal;
const deadline = patientDeadline(15_000, stay);

async function rankAll(judge: Values): Promise<Qualities> {
  const all: number[][] = [];
  for (const set of sets) all.push(await rankSet(set, judge));
  return all;
}

async function rankSet(set: Dataset, judge: Values): Promise<number[]> {
  const themes = themesOf.get(set) ?? [];
  const found: number[] = [];
  for (const row of set.rows) {
    const worth = await judge(row.text, themes);
    const order = themes
      .map(({ id }, index) => ({ id, value: worth[index] ?? 0 }))
      .toSorted((a, b) => b.value - a.value);
    const ids = order.map(({ id }) => id);
    found.push(quality(ids, row).ndcg5);
  }
  return found;
}

/** One line of the table, beside what is shipped. */
function line(name: string, mine: Qualities, shipped: Qualities): string[] {
  const difference = pooled(
    mine.map((set, index) => set.map((value, at) => value - (shipped[index]?.[at] ?? 0))),
  );
  return [
    name,
    ...mine.map((set) => interval(estimate(set))),
    interval(difference),
    difference === null || mine === shipped ? "" : verdict(difference),
  ];
}

function table(title: string, rows: readonly (readonly string[])[]): string {
  const head = ["variant", ...sets.map(({ name }) => name), "difference", "verdict"];
  return `\n${title}\n\n${markdown(head, rows)}`;
}

async function lexical(): Promise<void> {
  const ranker = createLexicalRanker();
  const shipped = await rankAll(async (text, themes) => {
    const ranked = await ranker.rank({ text, themes }, deadline);
    return ranked.ok ? ranked.value.scores.map(({ value }) => value) : [];
  });
  const rows = [line(`${lexicalModel}, shipped`, shipped, shipped)];
  for (const variant of lexicalVariants) {
    const mine = await rankAll((text, themes) => Promise.resolve(themes.map(variant.judge(text))));
    rows.push(line(variant.name, mine, shipped));
  }
  console.log(table("Lexical ranker", rows));
}

/** Microseconds of one lexical ranking as in a request: every object new, nothing known. */
async function lexicalTime(): Promise<void> {
  const ranker = createLexicalRanker();
  const text = sampleTexts
    .map((sample) => sample.text)
    .join(" ")
    .slice(0, 1_200);
  const times: number[] = [];
  for (let round = 0; round < 3_000; round += 1) {
    const themes = structuredClone(life);
    const startedMs = performance.now();
    await ranker.rank({ text, themes }, deadline);
    times.push(1_000 * (performance.now() - startedMs));
  }
  const warm = times.slice(1_000);
  const [p50, p95] = [0.5, 0.95].map((q) => Math.round(quantile(warm, q)));
  console.log(`\nLexical ranking of 24 themes, text of 300 tokens: p50 ${p50} µs, p95 ${p95} µs`);
}

async function embedded(): Promise<void> {
  const embed = await loadEmbedder();
  const known = new Map<string, Promise<Embedding>>();
  const once: Embedder = (text) => {
    const found = known.get(text) ?? embed(text, stay);
    known.set(text, found);
    return found;
  };
  const reranker = createReranker(once);
  const shipped = await rankAll((text, themes) => {
    const documents = themes.map(({ label, description }) => `${label}: ${description}`);
    return reranker.score(text, documents, stay);
  });
  const rows = [line("shipped", shipped, shipped)];
  for (const variant of embeddedVariants) {
    const mine = await rankAll(async (text, themes) => {
      const judged = await variant.judge(once, themes, text);
      return themes.map((theme) => judged(theme));
    });
    rows.push(line(variant.name, mine, shipped));
  }
  console.log(table("Embedded ranker", rows));
}

const { date, commit, machine, node } = measured();
const texts = sets.map(({ name, rows }) => `${rows.length} ${name}`).join(", ");
console.log(`nDCG@5 with 95 % intervals; ${texts}; ${date}, commit ${commit}, ${machine}, ${node}`);
console.log("difference: variant less shipped, paired by text, sets counting alike");
if (values.ranker.includes("lexical")) {
  await lexical();
  await lexicalTime();
}
if (values.ranker.includes("embedded")) await embedded();
