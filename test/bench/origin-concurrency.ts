// Rankings side by side on one vLLM: how many a second, how long each, and what share of the server they use.
import type { Vllm } from "../vllm/server.ts";
import { contenders, type Size } from "./origin-contenders.ts";
import type { Part, StartVllm } from "./origin.ts";
import { quantile } from "./stats.ts";

/** As the gateway asks: one request, text first, one token per theme. */
const [ours] = contenders;
const typical: Size = { themes: 24, textTokens: 300 };
const small: Size = { themes: 8, textTokens: 100 };
/** The longest last: where time runs out, it is skipped and listed. */
const cells: readonly (readonly [Size, number])[] = [
  [typical, 1],
  [typical, 4],
  [small, 1],
  [small, 4],
  [small, 16],
  [typical, 16],
];
/** No ranking of a cell begins later than this, but as many as are asked side by side begin anyhow. */
const cellMs = 20_000;
/** Half of what the preset lets one step compute, in prompts about as long as a ranking's. */
const prefill = { prompts: 8, tokens: 256, atLeastMs: 15_000 };
/** Under the 300 s that fetch waits for an answer's head. */
const requestMs = 290_000;

export interface Throughput extends Size {
  /** Rankings under way at any time: each one that ends is followed by the next. */
  readonly concurrency: number;
  readonly n: number;
  /** Rankings over the time from the first one's start to the last one's end. */
  readonly perSecond: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /**
   * Prompt tokens a second that the server had to compute for the rankings, by its own counters:
   * all that it was sent (`vllm:prompt_tokens_total`), less those found in its prefix cache
   * (`vllm:prefix_cache_hits_total`).
   */
  readonly computedTokensPerSecond: number | null;
  /**
   * `computedTokensPerSecond` over the server's own prefill rate: what it computes a second when it
   * is sent prompts that share nothing, all at once, one token generated each. 0 = it only waited,
   * 1 = rankings keep it as busy as it can be; a little over 1 is noise between the two runs.
   */
  readonly prefillShare: number | null;
  readonly skipped: string | null;
}

/** @param untilMs by the clock of `Date.now`; no cell is begun that would take longer */
export async function rankSideBySide(start: StartVllm, untilMs: number): Promise<Part> {
  const vllm = await start([]);
  try {
    // Before and after, so that a machine that slows down slows both.
    const before = await prefillRun(vllm, 0);
    const measured: Measured[] = [];
    for (const [size, concurrency] of cells) {
      const expectedMs = expected(size, concurrency, before);
      const leftMs = untilMs - Date.now() - before.ms;
      measured.push(
        expectedMs > leftMs
          ? skip(size, concurrency, `would take about ${Math.round(expectedMs / 1_000)} s`)
          : // oxlint-disable-next-line no-await-in-loop -- one load at a time
            await load(vllm, size, concurrency),
      );
    }
    const after = await prefillRun(vllm, 1);
    const tokensPerSecond = ((before.tokens + after.tokens) * 1_000) / (before.ms + after.ms);
    const rows = measured.map((each) => toThroughput(each, tokensPerSecond));
    const prefillTokensPerSecond = round(tokensPerSecond, 1);
    const figures = { contender: ours?.name, prefillTokensPerSecond, cells: rows };
    return { figures, table: table(rows, prefillTokensPerSecond) };
  } finally {
    await vllm.stop();
  }
}

interface Measured {
  readonly size: Size;
  readonly concurrency: number;
  readonly timesMs: readonly number[];
  readonly wallMs: number;
  readonly computedTokens: number;
  readonly skipped: string | null;
}

const skip = (size: Size, concurrency: number, skipped: string): Measured => {
  return { size, concurrency, timesMs: [], wallMs: 0, computedTokens: 0, skipped };
};

/** Each round's text is new to the server. */
let rounds = 1_000;

async function load(vllm: Vllm, size: Size, concurrency: number): Promise<Measured> {
  const timesMs: number[] = [];
  const tokensBefore = await computedTokens(vllm);
  const startedMs = performance.now();
  const one = async () => {
    rounds += 1;
    const run = await ours?.prepare(vllm, size, rounds, AbortSignal.timeout(requestMs));
    const beganMs = performance.now();
    await run?.();
    timesMs.push(performance.now() - beganMs);
  };
  const worker = async () => {
    // oxlint-disable-next-line no-await-in-loop -- a closed loop: the next begins when one has ended
    do await one();
    while (performance.now() - startedMs < cellMs);
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, worker));
  } catch (error) {
    return skip(size, concurrency, error instanceof Error ? error.message.slice(0, 120) : "failed");
  }
  const wallMs = performance.now() - startedMs;
  const tokens = (await computedTokens(vllm)) - tokensBefore;
  console.error(
    `${size.themes} themes, ${size.textTokens} tokens, ${concurrency} at once: ${timesMs.length} in ${Math.round(wallMs)} ms`,
  );
  return { size, concurrency, timesMs, wallMs, computedTokens: tokens, skipped: null };
}

/** From the tokens of one ranking: side by side they take turns at worst. */
function expected(size: Size, concurrency: number, { tokens, ms }: Prefill): number {
  const waveMs = (concurrency * (ours?.work(size) ?? 0) * ms) / tokens;
  return waveMs < cellMs ? cellMs + waveMs : waveMs;
}

/** Prompt tokens that the server has computed since it started. */
async function computedTokens(vllm: Vllm): Promise<number> {
  const metrics = await vllm.metrics();
  const of = (name: string) => {
    const value = metrics.get(name);
    if (value === undefined) throw new Error(`the server counts no ${name}`);
    return value;
  };
  return of("vllm:prompt_tokens_total") - of("vllm:prefix_cache_hits_total");
}

interface Prefill {
  readonly tokens: number;
  readonly ms: number;
}

/** Batches of prompts of which no two begin alike, for some time. */
async function prefillRun(vllm: Vllm, run: number): Promise<Prefill> {
  const tokensBefore = await computedTokens(vllm);
  const startedMs = performance.now();
  for (let batch = 0; performance.now() - startedMs < prefill.atLeastMs; batch += 1) {
    const prompt = Array.from({ length: prefill.prompts }, (_, index) =>
      scattered(((run * 100_000 + batch) * prefill.prompts + index) * prefill.tokens),
    );
    // oxlint-disable-next-line no-await-in-loop -- one batch after another
    const response = await fetch(`${vllm.url}/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${vllm.apiKey}` },
      body: JSON.stringify({ model: "theme-ranker", prompt, max_tokens: 1, temperature: 0 }),
      signal: AbortSignal.timeout(requestMs),
    });
    // oxlint-disable-next-line no-await-in-loop -- as above
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
  }
  const ms = performance.now() - startedMs;
  return { tokens: (await computedTokens(vllm)) - tokensBefore, ms };
}

/** Token ids that every vocabulary has and no control token does, different from `seed` to seed. */
function scattered(seed: number): number[] {
  return Array.from(
    { length: prefill.tokens },
    (_, index) => 1_000 + ((Math.imul(seed + index + 1, 0x9e3779b1) >>> 0) % 29_000),
  );
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));

function toThroughput(measured: Measured, prefillTokensPerSecond: number): Throughput {
  const { size, concurrency, timesMs, wallMs, computedTokens: tokens, skipped } = measured;
  const known = timesMs.length > 0;
  const tokensPerSecond = (tokens * 1_000) / wallMs;
  return {
    ...size,
    concurrency,
    n: timesMs.length,
    perSecond: known ? round((timesMs.length * 1_000) / wallMs, 3) : null,
    p50Ms: known ? Math.round(quantile(timesMs, 0.5)) : null,
    p95Ms: known ? Math.round(quantile(timesMs, 0.95)) : null,
    computedTokensPerSecond: known ? round(tokensPerSecond, 1) : null,
    prefillShare: known ? round(tokensPerSecond / prefillTokensPerSecond, 2) : null,
    skipped,
  };
}

function table(rows: readonly Throughput[], prefillTokensPerSecond: number): string {
  const seconds = (ms: number | null) => `${((ms ?? 0) / 1_000).toFixed(1)} s`;
  const order = rows.toSorted((a, b) => b.themes - a.themes || a.concurrency - b.concurrency);
  return [
    "| at once | rankings/s | p50 | p95 | share of the prefill rate | n |",
    "|---|---|---|---|---|---|",
    ...order
      .filter(({ skipped }) => skipped === null)
      .map(
        (row) =>
          `| ${row.concurrency}, ${row.themes} themes, ${row.textTokens} tokens | ${row.perSecond?.toFixed(2)} | ` +
          `${seconds(row.p50Ms)} | ${seconds(row.p95Ms)} | ${row.prefillShare} | ${row.n} |`,
      ),
    "",
    `prefill: ${prefillTokensPerSecond} tokens/s`,
    ...order
      .filter(({ skipped }) => skipped !== null)
      .map(
        ({ concurrency, themes, textTokens, skipped }) =>
          `skipped: ${concurrency} at once, ${themes} themes, ${textTokens} tokens: ${skipped}`,
      ),
  ].join("\n");
}
