// `npm run bench -- outage`: what a hanging origin costs: who waits for it, and what the rest pay.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import life from "../../gateway/samples/life.json" with { type: "json" };
import { startFakeGemini } from "../support/fake-gemini.ts";
import { startFakeVllm } from "../support/fake-vllm.ts";
import { startStack, type Stack } from "../support/stack.ts";
import { measured } from "./machine.ts";
import { permutationTest, quantile } from "./stats.ts";

const warmUpRounds = 20;
const inARow = 12;
/** What the fake Gemini takes for its answer, in both. */
const geminiMs = 100;

interface Answer {
  readonly source: string;
  readonly processing_time_ms: number;
  readonly attempts: readonly { source: string; outcome: string; reason: string | null }[];
}
interface Timed {
  readonly answer: Answer;
  /** At the client. */
  readonly tookMs: number;
}

/** @param args `--rounds N` (default 400), `--out FILE` */
export async function benchOutage(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "400" },
      out: { type: "string", default: "test/bench/results/outage.json" },
    },
  });
  const where = measured();
  const vllm = await startFakeVllm();
  const gemini = await startFakeGemini();
  const settings = { GEMINI_API_KEY: "a-key", GEMINI_BASE_URL: gemini.url };
  const stacks: Stack[] = [];
  try {
    const hybrid = await startStack(["--origin", vllm.url], settings);
    stacks.push(hybrid);
    const alone = await startStack(["--origin", "none"], settings);
    stacks.push(alone);
    gemini.fault = { kind: "delay", ms: geminiMs };
    // An isolate that has just seen the origin well is the one that doubts it last.
    await ask(hybrid, "Before the outage");
    vllm.fault = { kind: "hang" };
    const paid = await countTimeouts(hybrid);
    const times = await interleave(hybrid, alone, Number(values.rounds));

    const [open, only] = [times.open.map(tookMs), times.alone.map(tookMs)];
    const inside = (all: readonly Timed[]) => all.map(({ answer }) => answer.processing_time_ms);
    const figures = {
      in_a_row: { requests: inARow, paid_a_timeout: paid.timeouts, attempts: paid.attempts },
      steady: {
        gemini_ms: geminiMs,
        n: { open: open.length, gemini_alone: only.length, asked_the_origin: times.asked },
        open: summary(open),
        gemini_alone: summary(only),
        added_p50_ms: round2(quantile(open, 0.5) - quantile(only, 0.5)),
        added_p95_ms: round2(quantile(open, 0.95) - quantile(only, 0.95)),
        p: permutationTest(open, only),
        added_inside_p50_ms: quantile(inside(times.open), 0.5) - quantile(inside(times.alone), 0.5),
      },
    };
    const report = { ...where, ...figures };
    mkdirSync(dirname(values.out), { recursive: true });
    writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
    console.table({
      "circuit open": figures.steady.open,
      "Gemini alone": figures.steady.gemini_alone,
    });
    console.log(
      `${paid.timeouts} of ${inARow} requests in a row paid a timeout\n` +
        `added at p50: ${figures.steady.added_p50_ms} ms (p = ${figures.steady.p.toFixed(4)})\n` +
        `${report.date}, commit ${report.commit}, ${report.machine}; figures in ${values.out}`,
    );
  } finally {
    await Promise.all(stacks.map((stack) => stack.stop()));
    await Promise.all([vllm.close(), gemini.close()]);
  }
}

const tookMs = (timed: Timed) => timed.tookMs;
const round2 = (value: number) => Math.round(value * 100) / 100;
const summary = (values: readonly number[]) => ({
  n: values.length,
  p50_ms: round2(quantile(values, 0.5)),
  p95_ms: round2(quantile(values, 0.95)),
});

/** Each text is new: no cache answers. */
async function ask({ url }: Stack, what: string): Promise<Timed> {
  const startedMs = performance.now();
  const response = await fetch(`${url}/v1/rank`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      text: `${what}. The bills are late and my debt eats the money. I lie awake.`,
      themes: life,
    }),
  });
  const answer = (await response.json()) as Answer;
  if (response.status !== 200) throw new Error(`status ${response.status}`);
  return { answer, tookMs: performance.now() - startedMs };
}

const originOf = ({ answer }: Timed) => answer.attempts.find(({ source }) => source === "origin");

/** The first requests after the origin began to hang, one after another. */
async function countTimeouts(stack: Stack) {
  const attempts: (string | null)[] = [];
  for (let count = 0; count < inARow; count += 1) {
    attempts.push(originOf(await ask(stack, `In a row ${count}`))?.reason ?? null);
  }
  return { attempts, timeouts: attempts.filter((reason) => reason === "origin_timeout").length };
}

/** Both in turn, the first of a round by lot; the circuit stays open, for its probes hang as well. */
async function interleave(hybrid: Stack, alone: Stack, rounds: number) {
  const open: Timed[] = [];
  const only: Timed[] = [];
  let asked = 0;
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    const turns = [
      async () => {
        const timed = await ask(hybrid, `Hybrid ${round}`);
        const isOpen =
          originOf(timed)?.reason === "circuit_open" && timed.answer.source === "gemini";
        if (round >= 0 && isOpen) open.push(timed);
        if (!isOpen) asked += 1;
      },
      async () => {
        const timed = await ask(alone, `Alone ${round}`);
        if (round >= 0) only.push(timed);
      },
    ];
    for (const turn of Math.random() < 0.5 ? turns : turns.toReversed()) await turn();
  }
  return { open, alone: only, asked };
}
