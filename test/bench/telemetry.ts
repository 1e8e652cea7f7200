// `npm run bench -- telemetry`: what events, headers and rows cost a request in workerd.
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import life from "../../gateway/samples/life.json" with { type: "json" };
import { copyCheckout } from "../start/checkout.ts";
import { startFakeVllm } from "../support/fake-vllm.ts";
import { startStack } from "../support/stack.ts";
import { measured } from "./machine.ts";
import { permutationTest, quantile } from "./stats.ts";

const warmUpRounds = 50;

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

const kinds = ["with", "without"] as const;
type Kind = (typeof kinds)[number];

/** @param args `--rounds N` (default 1500), `--out FILE` */
export async function benchTelemetry(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "1500" },
      out: { type: "string", default: "test/bench/results/telemetry.json" },
    },
  });
  const rounds = Number(values.rounds) + warmUpRounds;
  using whole = copyCheckout();
  using bare = copyCheckout();
  bare.write("gateway/telemetry.ts", silent);
  bare.write("gateway/telemetry/data-point.ts", silentRow);
  const vllm = await startFakeVllm();
  const settings = { BREAKER: "closed" };
  const start = (folder: string) => startStack(["--origin", vllm.url], settings, folder);
  const stacks = { with: await start(whole.folder), without: await start(bare.folder) };
  const times = { hit: { with: [], without: [] }, miss: { with: [], without: [] } } as Record<
    "hit" | "miss",
    Record<Kind, number[]>
  >;
  try {
    const ask = async (kind: Kind, text: string, status: string) => {
      const startedMs = performance.now();
      const response = await fetch(`${stacks[kind].url}/v1/rank`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text, themes: life }),
      });
      const { cache } = (await response.json()) as { cache: { status: string } };
      const tookMs = performance.now() - startedMs;
      if (cache.status !== status) throw new Error(`${cache.status} in place of ${status}`);
      return tookMs;
    };
    const known = "The bills are late and my debt eats the money. I lie awake.";
    for (const kind of kinds) await ask(kind, known, "miss");
    for (let round = 0; round < rounds; round += 1) {
      // In another order each round: what drifts, drifts for both.
      for (const kind of kinds.toSorted(() => Math.random() - 0.5)) {
        const hitMs = await ask(kind, known, "hit");
        // Each hit is the isolate's own memory, so that nothing else takes time.
        if (round >= warmUpRounds) times.hit[kind].push(hitMs);
        if (round % 5 > 0) continue;
        const missMs = await ask(kind, `Note ${round}. ${known}`, "miss");
        if (round >= warmUpRounds) times.miss[kind].push(missMs);
      }
    }
  } finally {
    await Promise.all(kinds.map((kind) => stacks[kind].stop()));
    await vllm.close();
  }

  const figures = (["hit", "miss"] as const).map((request) => {
    const { with: told, without: silently } = times[request];
    return {
      request,
      n: told.length,
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
