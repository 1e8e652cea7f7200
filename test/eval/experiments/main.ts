// `npm run eval:prompts`: every variant on the same texts of a running vLLM, text by text, so that any stop leaves full pairs.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { scoreRatings, type RatingLogprob } from "../../../gateway/core/score.ts";
import { createOriginApi, type OriginApi } from "../../../gateway/models/openai.ts";
import { fenceOf } from "../../../gateway/text/fence.ts";
import type { Theme } from "../../../gateway/core/domain.ts";
import { promptFormats } from "../../../gateway/core/origin.ts";
import { readDatasets, type Dataset, type Row } from "../dataset.ts";
import { experimentsTable, type Line } from "./report.ts";
import { tokenIds } from "./token-ids.ts";
import { variants, type Variant } from "./variants.ts";
import { patientStage } from "../../support/patient.ts";

const line = z.object({
  variant: z.string(),
  set: z.string(),
  id: z.string(),
  scores: z.array(z.number()),
  coverage: z.number(),
  tokens: z.number().nullable(),
  ms: z.number(),
});

const { values } = parseArgs({
  options: {
    /** The server's OpenAI base URL. */
    origin: { type: "string", default: "http://127.0.0.1:8000/v1" },
    "api-key": { type: "string", default: process.env["ORIGIN_API_KEY"] ?? "" },
    model: { type: "string", default: "theme-ranker" },
    format: { type: "string", default: "llama-3" },
    data: { type: "string", default: "test/eval/data" },
    split: { type: "string", default: "dev" },
    limit: { type: "string", default: "30" },
    variants: { type: "string", default: variants.map(({ name }) => name).join(",") },
    out: { type: "string", default: "experiments.jsonl" },
  },
});
const format = z.enum(promptFormats).parse(values.format);
const api = createOriginApi({
  baseUrl: values.origin,
  apiKey: values["api-key"],
  accessClientId: "",
  accessClientSecret: "",
});
const chosen = variants.filter(({ name }) => values.variants.split(",").includes(name));
const answers = [...new Set(chosen.flatMap((variant) => variant.answers))];
const ids = await tokenIds(values.origin, values["api-key"], values.model, answers);
const idOf = new Map(answers.map((answer, index) => [answer, ids[index] ?? -1]));

const written = (): Line[] =>
  existsSync(values.out)
    ? readFileSync(values.out, "utf8")
        .split("\n")
        .filter((each) => each !== "")
        .map((each) => line.parse(JSON.parse(each)))
    : [];
const known = new Set(written().map(keyOf));
const sets = readDatasets(values.data, values.split, Number(values.limit));
const priors = new Map<string, readonly number[]>();
/** What the last prompts got: variants that read the same answer differently ask once. */
let last = { prompts: "", rated: null as Rated | null };
const longest = Math.max(...sets.map(({ rows }) => rows.length));
for (let index = 0; index < longest; index += 1) {
  for (const set of sets) {
    const row = set.rows[index];
    if (row === undefined) continue;
    for (const variant of chosen) await once(variant, set, row);
    console.error(`${index + 1} of ${set.rows.length} ${set.name}`);
  }
}
console.log(experimentsTable(written(), sets));

function keyOf({ variant, set, id }: Pick<Line, "variant" | "set" | "id">): string {
  return `${variant}/${set}/${id}`;
}

async function once(variant: Variant, set: Dataset, row: Row): Promise<void> {
  const key = keyOf({ variant: variant.name, set: set.name, id: row.id });
  if (known.has(key)) return;
  const themes = set.themes.map((theme) => ({ ...theme, description: theme.description ?? "" }));
  const startedMs = performance.now();
  const rated = await rate(api, variant, row.text, themes);
  const ms = Math.round(performance.now() - startedMs);
  let { scores } = rated;
  if (variant.prior === true) {
    let prior = priors.get(set.name);
    if (prior === undefined) {
      prior = (await rate(api, variant, "(empty)", themes)).scores;
      priors.set(set.name, prior);
    }
    const taken = prior;
    scores = scores.map((score, index) => score - (taken[index] ?? 0));
  }
  const { coverage, tokens } = rated;
  const { name } = variant;
  const done: Line = { variant: name, set: set.name, id: row.id, scores, coverage, tokens, ms };
  appendFileSync(values.out, `${JSON.stringify(done)}\n`);
}

interface Rated {
  readonly scores: readonly number[];
  /** The least share of probability on answer tokens. */
  readonly coverage: number;
  readonly tokens: number | null;
}

async function rate(
  from: OriginApi,
  { prompts, answers: words, listwise }: Variant,
  text: string,
  themes: readonly Theme[],
): Promise<Rated> {
  const asked = prompts({ format, text, themes, fence: await fenceOf(text) });
  if (last.rated !== null && last.prompts === asked.join("")) return last.rated;
  const used = listwise === true ? words.slice(0, themes.length) : words;
  const wanted = used.map((word) => idOf.get(word) ?? -1);
  const answer = await from.complete(
    {
      model: values.model,
      prompt: asked,
      max_tokens: 1,
      temperature: 0,
      add_special_tokens: false,
      logprobs: wanted.length,
      logprob_token_ids: wanted,
      return_tokens_as_token_ids: true,
    },
    patientStage(600_000),
  );
  if (!answer.ok) throw new Error(JSON.stringify(answer.failure));
  const read = answer.value.candidates.map((candidates) => {
    const logprobOf = new Map(candidates.map(({ id, logprob }) => [id, logprob]));
    return wanted.map((id, value): RatingLogprob => ({
      value,
      logprob: logprobOf.get(id) ?? Number.NEGATIVE_INFINITY,
    }));
  });
  const tokens = answer.value.usage.promptTokens;
  if (listwise === true) {
    const probabilities = (read[0] ?? []).map(({ logprob }) => Math.exp(logprob));
    const coverage = probabilities.reduce((a, b) => a + b, 0);
    return { scores: probabilities.map((p) => 100 * p), coverage, tokens };
  }
  const rated = read.map((ratings) => scoreRatings(ratings, used.length - 1));
  const result = {
    scores: rated.map((each) => each?.value ?? 0),
    coverage: Math.min(...rated.map((each) => each?.coverage ?? 0)),
    tokens,
  };
  last = { prompts: asked.join(""), rated: result };
  return result;
}
