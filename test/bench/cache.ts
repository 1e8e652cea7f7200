// `npm run bench -- cache`: one workload through three caches, and what a hit is worth in time.
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import life from "../../gateway/samples/life.json" with { type: "json" };
import type { Scope } from "../../gateway/core/domain.ts";
import { ask, startStack } from "../support/stack.ts";
import { ManualClock } from "../unit/support/manual-clock.ts";
import { contenders, CountingKv, CountingRanker, type Contender } from "./cache-contenders.ts";
import { workload, type Habits, type WorkloadRequest } from "./cache-workload.ts";
import { measured } from "./machine.ts";
import { quantile } from "./stats.ts";

/** Workers KV's list prices, US dollars per operation. */
const [readUsd, writeUsd] = [0.5 / 1e6, 5 / 1e6];

const application: Habits = {
  requests: 10_000,
  texts: 3_000,
  zipf: 1,
  editEvery: 250,
  shuffled: 0.1,
  withOwnTheme: 0.1,
  topKs: [3, 5, 10, 100],
  days: 3,
};
const still = { editEvery: Infinity, shuffled: 0, withOwnTheme: 0, topKs: [5] };

const scenarios: readonly { name: string; habits: Habits; scope: Scope }[] = [
  {
    name: "an application: catalogue edits, own themes, changing top_k",
    habits: application,
    scope: "pair",
  },
  { name: "the same body each time", habits: { ...application, ...still }, scope: "pair" },
  { name: "each text new", habits: { ...application, zipf: null }, scope: "pair" },
  {
    name: "the application, scores that belong to the set",
    habits: application,
    scope: "set",
  },
];

const ways = [
  "text and catalogue new",
  "text new",
  "one theme of 24 changed",
  "all known",
] as const;
const rounds = 40;

/** @param args `--out FILE`; `--no-stack` leaves out the latencies */
export async function benchCache(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      out: { type: "string", default: "test/bench/results/cache.json" },
      "no-stack": { type: "boolean", default: false },
    },
  });
  const replays = [];
  for (const { name, habits, scope } of scenarios) {
    const requests = workload(habits);
    const rows = [];
    // oxlint-disable-next-line no-await-in-loop -- one after the other, on one machine
    for (const contender of contenders) rows.push(await replay(contender, requests, scope));
    replays.push({ scenario: name, habits, scope, rows });
    console.log(`\n${name}\n${table(rows)}`);
  }
  const latencies = values["no-stack"] ? null : await measureLatencies();
  if (latencies !== null) console.log(`\n${latencyTable(latencies)}`);
  const report = { ...measured(), replays, latencies };
  mkdirSync("test/bench/results", { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
  console.log(
    `\n${report.date}, commit ${report.commit}, ${report.machine}; figures in ${values.out}`,
  );
}

async function replay(contender: Contender, requests: readonly WorkloadRequest[], scope: Scope) {
  const clock = new ManualClock();
  const startedMs = clock.nowMs();
  const [kv, ranker] = [new CountingKv(clock), new CountingRanker(scope)];
  const answer = contender.start(kv, ranker, clock);
  let hits = 0;
  for (const request of requests) {
    clock.advance(startedMs + request.atMs - clock.nowMs());
    const before = ranker.calls;
    // oxlint-disable-next-line no-await-in-loop -- in the order in which they came
    await answer(request);
    // What is deferred comes to its end before the next request.
    // oxlint-disable-next-line no-await-in-loop -- as above
    await new Promise((resolve) => setImmediate(resolve));
    if (ranker.calls === before) hits += 1;
  }
  const themes = requests.reduce((sum, request) => sum + request.themes.length, 0);
  return {
    contender: contender.name,
    requests: requests.length,
    hitRatio: hits / requests.length,
    scoresFromCache: 1 - ranker.themes / themes,
    prompts: ranker.prompts,
    promptTokens: ranker.promptTokens,
    kvReads: kv.reads,
    kvWrites: kv.writes,
    kvMegabytesWritten: Math.round(kv.bytesWritten / 1e4) / 100,
    kvUsd: kv.reads * readUsd + kv.writes * writeUsd,
  };
}

type Row = Awaited<ReturnType<typeof replay>>;

function table(rows: readonly Row[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const head = [
    "cache",
    "answered without a call",
    "scores from the cache",
    "prompts upstream",
    "prompt tokens",
    "KV reads",
    "KV writes",
    "KV, USD",
  ];
  const lines = rows.map((row) => [
    row.contender,
    percent(row.hitRatio),
    percent(row.scoresFromCache),
    String(row.prompts),
    `${(row.promptTokens / 1e6).toFixed(2)} M`,
    String(row.kvReads),
    String(row.kvWrites),
    row.kvUsd.toFixed(4),
  ]);
  return [head, head.map(() => "---"), ...lines].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/**
 * `npm start` with its embedded origin, as a client meets it. Interleaved, so that a slow moment
 * falls on all alike. The embedded origin remembers a catalogue's embeddings itself, so that a new
 * text alone costs it one embedding, not 25.
 */
async function measureLatencies() {
  const stack = await startStack();
  const timesMs = new Map<string, number[]>(ways.map((way) => [way, []]));
  try {
    for (let round = 0; round < rounds; round += 1) {
      const note = "The rent went up again and I lie awake counting what is left of my pay.";
      const [text, other] = [`Round ${round}. ${note}`, `Other round ${round}. ${note}`];
      const [first, ...others] = life;
      const changed = [{ ...first, description: `Other words, ${round}` }, ...others];
      const unseen = life.map(({ label }) => ({ label, description: `About ${label}, ${round}` }));
      for (const [way, expected, body] of [
        ["text and catalogue new", "miss", { text: other, themes: unseen }],
        ["text new", "miss", { text, themes: life }],
        ["one theme of 24 changed", "partial", { text, themes: changed }],
        ["all known", "hit", { text, themes: life }],
      ] as const) {
        const startedMs = performance.now();
        // oxlint-disable-next-line no-await-in-loop -- side by side would be another measurement
        const answer = await ask<{ cache: { status: string } }>(stack.url, "/v1/rank", body);
        const tookMs = performance.now() - startedMs;
        if (answer.cache.status !== expected)
          throw new Error(`${way} was a ${answer.cache.status}`);
        // The first round warms up the runtime, not the cache.
        if (round > 0) timesMs.get(way)?.push(tookMs);
      }
    }
  } finally {
    await stack.stop();
  }
  const times = (way: string) => timesMs.get(way) ?? [];
  return ways.map((way) => ({
    way,
    n: times(way).length,
    p50Ms: Math.round(10 * quantile(times(way), 0.5)) / 10,
    p95Ms: Math.round(10 * quantile(times(way), 0.95)) / 10,
    againstFirst: quantile(times(way), 0.5) / quantile(times(ways[0]), 0.5),
  }));
}

function latencyTable(rows: Awaited<ReturnType<typeof measureLatencies>>): string {
  return [
    "| 24 themes, `npm start`, embedded origin | against the first | p50 | p95 | n |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map(
      ({ way, againstFirst, p50Ms, p95Ms, n }) =>
        `| ${way} | ${againstFirst.toFixed(2)} | ${p50Ms} ms | ${p95Ms} ms | ${n} |`,
    ),
  ].join("\n");
}
