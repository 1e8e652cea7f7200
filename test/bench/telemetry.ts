// `npm run bench -- telemetry`: what events, headers and rows cost a request in workerd.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import life from "../../gateway/samples/life.json" with { type: "json" };
import { copyCheckout } from "../start/checkout.ts";
import { startFakeVllm } from "../support/fake-vllm.ts";
import { startStack } from "../support/stack.ts";
import { measured } from "./machine.ts";
import { permutationTest, quantile } from "./stats.ts";

const warmUpRounds = 5;
/** Requests of a batch, one after another inside the isolate: no network is timed but the origin's. */
const batch = { hit: 100, miss: 10 } as const;

/** In place of gateway/telemetry.ts: the same names, and nothing behind them. */
const silent = `// Nothing is told.
export class RequestEvent {
  set() {}
  add() {}
  spend() {}
  get stages() { return {}; }
  write() { return {}; }
}
const none = () => ({});
export const rankFields = none, failureFields = none, summaryFields = none, billFields = none;
export const stageFields = none;
export const serverTiming = () => "", cacheStatus = () => "";
export const reportAlarm = none, reportCacheFault = none, reportAccessFault = none;
export const reportBudgetFault = none;
`;
const silentRow = `// No row.
export const toDataPoint = () => ({});
`;

/** One isolate with the gateway twice, so that neither has a process, a warmth or a neighbour of its own. */
const entry = `import whole, { Budget } from "./gateway/index.ts";
import bare from "./bare/index.ts";
export { Budget };
const workers = { with: whole, without: bare };
export default {
  async fetch(request, env, context) {
    const kind = request.headers.get("x-bench-kind");
    if (kind === null) return whole.fetch(request, env, context);
    const { texts, themes } = await request.json();
    const statuses = {};
    for (const text of texts) {
      const asked = new Request("http://127.0.0.1/v1/rank", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text, themes }),
      });
      const answer = await (await workers[kind].fetch(asked, env, context)).json();
      statuses[answer.cache.status] = (statuses[answer.cache.status] ?? 0) + 1;
    }
    return Response.json(statuses);
  },
};
`;

const kinds = ["with", "without"] as const;
type Kind = (typeof kinds)[number];
type Request = keyof typeof batch;

/** @param args `--rounds N` (default 60), `--out FILE` */
export async function benchTelemetry(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "60" },
      out: { type: "string", default: "test/bench/results/telemetry.json" },
    },
  });
  const rounds = Number(values.rounds) + warmUpRounds;
  using checkout = copyCheckout();
  const { folder } = checkout;
  cpSync(join(folder, "gateway"), join(folder, "bare"), { recursive: true });
  checkout.write("bare/telemetry.ts", silent);
  checkout.write("bare/telemetry/data-point.ts", silentRow);
  checkout.write("entry.ts", entry);
  const settings = readFileSync(join(folder, "wrangler.toml"), "utf8");
  checkout.write("wrangler.toml", settings.replace("gateway/index.ts", "entry.ts"));
  const vllm = await startFakeVllm();
  const stack = await startStack(["--origin", vllm.url], { BREAKER: "closed" }, folder);
  const times: Record<Request, Record<Kind, number[]>> = {
    hit: { with: [], without: [] },
    miss: { with: [], without: [] },
  };
  /** Milliseconds a request, over a batch. */
  const run = async (kind: Kind, request: Request, texts: readonly string[]) => {
    const startedMs = performance.now();
    const response = await fetch(stack.url, {
      method: "POST",
      headers: { "x-bench-kind": kind },
      body: JSON.stringify({ texts, themes: life }),
    });
    const statuses = (await response.json()) as Partial<Record<Request, number>>;
    const tookMs = performance.now() - startedMs;
    if (statuses[request] !== texts.length) throw new Error(JSON.stringify(statuses));
    vllm.reset();
    return tookMs / texts.length;
  };
  try {
    const known = "The bills are late and my debt eats the money. I lie awake.";
    for (const kind of kinds) await run(kind, "miss", [`${kind}. ${known}`]);
    for (let round = 0; round < rounds; round += 1) {
      // In another order each round: what drifts, drifts for both.
      for (const kind of kinds.toSorted(() => Math.random() - 0.5)) {
        const texts = {
          hit: Array.from({ length: batch.hit }, () => `${kind}. ${known}`),
          miss: Array.from({ length: batch.miss }, (_, at) => `${kind} ${round} ${at}. ${known}`),
        };
        for (const request of ["hit", "miss"] as const) {
          const ms = await run(kind, request, texts[request]);
          if (round >= warmUpRounds) times[request][kind].push(ms);
        }
      }
    }
  } finally {
    await stack.stop();
    await vllm.close();
  }

  const figures = (["hit", "miss"] as const).map((request) => {
    const { with: told, without: silently } = times[request];
    return {
      request,
      batches: told.length,
      requests: told.length * batch[request],
      with_p50_ms: round3(quantile(told, 0.5)),
      without_p50_ms: round3(quantile(silently, 0.5)),
      ratio_p50: round3(quantile(told, 0.5) / quantile(silently, 0.5)),
      ratio_p95: round3(quantile(told, 0.95) / quantile(silently, 0.95)),
      p: round3(permutationTest(told, silently, 2_000)),
    };
  });
  const report = { ...measured(), figures };
  mkdirSync("test/bench/results", { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
  console.table(figures);
  console.log(
    `${report.date}, commit ${report.commit}, ${report.machine}; figures in ${values.out}`,
  );
}

const round3 = (value: number) => Math.round(value * 1_000) / 1_000;
