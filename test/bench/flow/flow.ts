// `npm run bench -- flow`: the whole flow before upstreams of stated delays, by mode, beside the flow it
// replaced; and what 1,000 requests cost. Simulated: the gateway is real, the upstreams only wait.
//   npm run bench -- flow [--n 40] [--rate 6] [--seed 1] [--absent MS] [--json FILE] [--page FILE]
import { writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chance, type Chance } from "../../eval/chance.ts";
import { freePort } from "../../support/ports.ts";
import { start } from "../gateway/peers.ts";
import { consumptionOf } from "../gateway/process.ts";
import type { Server } from "../gateway/workerd.ts";
import { measured } from "../machine.ts";
import { quantile } from "../stats.ts";
import { delays, oldFlow, paceOf } from "./delays.ts";
import { lineUp, type Flow, type LineUp } from "./line-up.ts";
import { hit, pricesOf } from "./modes.ts";
import { flowTable, pricePage, priceTable, type FlowFigures, type Spread } from "./report.ts";
import { analyse, type By, type Encoding, type Timed } from "./request.ts";
import { textOf, themes, tokensOfRequest } from "./sample.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const encodings = ["events", "json"] as const;
/** Requests of one flow that nothing else runs beside. */
const aloneCount = 8;
/** An outage is known after fewer. */
const mostTries = 12;

type Samples = Map<string, Record<Encoding, Timed[]>>;

export async function benchFlow(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      n: { type: "string", default: "40" },
      rate: { type: "string", default: "6" },
      seed: { type: "string", default: "1" },
      // A read of KV that finds nothing, ms.
      absent: { type: "string", default: String(delays.kvAbsent.value) },
      json: { type: "string", default: here("../results/flow.json") },
      page: { type: "string", default: here("../PRICES.md") },
    },
  });
  const [n, rate, seed, absentMs] = [values.n, values.rate, values.seed, values.absent].map(
    Number,
  ) as [number, number, number, number];
  const dice = chance(seed);
  const tokens = tokensOfRequest((line) => console.log(line));
  const servers: Server[] = [];
  try {
    const port = await freePort();
    const upstream = await start(
      process.execPath,
      [here("upstream.ts"), String(port), JSON.stringify(paceOf(absentMs))],
      port,
    );
    servers.push(upstream);
    const line = await lineUp(upstream.url, (server) => servers.push(server));
    const outages = await openCircuits(line.flows);
    const known = await makeKnown(line, n, rate);
    const before = await usedBy(line, upstream);
    const alone = await askAlone(line.flows[0]);
    const { samples, old, unexpected } = await askAll(line, known, upstream.url, n, rate, dice);
    const after = await usedBy(line, upstream);

    const flows = [...samples].map(([name, timed]) =>
      figuresOf(name, timed, unexpected.get(name) ?? 0),
    );
    const use = [...after].map(([name, all]) => ({
      name,
      ...perRequest(before.get(name), all, requestsOf(name, line, n)),
    }));
    const where = measured();
    const prices = pricesOf(tokens, use);
    const result = {
      ...where,
      simulated: true,
      n,
      requestsPerSecond: rate,
      seed,
      kvAbsentMs: absentMs,
      delays: { ...delays, oldFlow },
      old: { ranking: spread(old.ranking), summary: spread(old.all) },
      flows,
      alone: spread(alone.map(({ summaryMs }) => summaryMs)),
      outages,
      use,
      tokens,
      prices,
    };
    writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
    writeFileSync(values.page, pricePage(where, tokens, prices));
    console.log(flowTable(where, result));
    console.log(priceTable(where, prices));
    console.log(`figures in ${values.json}, the arithmetic in ${values.page}`);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

const bodyOf = (name: string) => JSON.stringify({ text: textOf(name), themes });

/** What the first requests of an outage pay, until its circuit is open. */
async function openCircuits(flows: readonly Flow[]) {
  const outages: Record<string, readonly number[]> = {};
  for (const { name, gateway, isExpected } of flows.filter((each) =>
    / (?:hangs|refuses)$/.test(each.name),
  )) {
    const paid: number[] = [];
    for (let tries = 0; tries < mostTries; tries += 1) {
      const timed = await analyse(gateway.url, bodyOf(`${name} ${tries} before`), "events");
      if (isExpected(timed.by)) break;
      paid.push(Math.round(timed.rankingMs));
    }
    outages[name] = paid;
  }
  return outages;
}

/** Texts that the first flow has ranked and summarised, one for each request of the reader. */
async function makeKnown({ flows: [first] }: LineUp, n: number, rate: number): Promise<string[]> {
  const bodies = Array.from({ length: 2 * n }, (_, index) => bodyOf(`known ${index}`));
  await Promise.all(
    bodies.map(async (body, index) => {
      await wait((index * 1_000) / (2 * rate));
      if (first !== undefined) await analyse(first.gateway.url, body, "json");
    }),
  );
  return bodies;
}

/** Whether the crowd below slows what it measures. */
async function askAlone(flow: Flow | undefined): Promise<Timed[]> {
  const all: Timed[] = [];
  for (let index = 0; flow !== undefined && index < aloneCount; index += 1)
    all.push(await analyse(flow.gateway.url, bodyOf(`alone ${index}`), "events"));
  return all;
}

/** All flows in one seeded order, a request each so many ms, whether or not the last has its answer. */
async function askAll(
  { flows, reader }: LineUp,
  known: readonly string[],
  upstream: string,
  n: number,
  rate: number,
  dice: Chance,
) {
  const samples: Samples = new Map();
  const unexpected = new Map<string, number>();
  const old = { ranking: [] as number[], all: [] as number[] };
  const keep = (name: string, encoding: Encoding, timed: Timed, isExpected: boolean) => {
    if (!samples.has(name)) samples.set(name, { events: [], json: [] });
    if (isExpected) samples.get(name)?.[encoding].push(timed);
    else unexpected.set(name, (unexpected.get(name) ?? 0) + 1);
  };
  for (const { name } of flows) samples.set(name, { events: [], json: [] });
  const isHit = (by: By) => by.cache === "hit" && by.summaryCache === "hit";
  const tasks = encodings.flatMap((encoding, half) =>
    Array.from({ length: n }, (_, index) => [
      ...flows.map(({ name, gateway, isExpected }) => async () => {
        const body = bodyOf(`${name} ${encoding} ${index}`);
        const timed = await analyse(gateway.url, body, encoding);
        keep(name, encoding, timed, isExpected(timed.by));
      }),
      async () => {
        const body = known[half * n + index] ?? "";
        for (const name of [`${hit}, from KV`, `${hit}, from memory`]) {
          const timed = await analyse(reader.url, body, encoding);
          keep(name, encoding, timed, isHit(timed.by));
        }
      },
      ...(encoding === "json"
        ? [
            async () => {
              const startedMs = performance.now();
              for (const call of ["ranking", "summary"] as const) {
                const [from, to] = oldFlow[call];
                await fetch(`${upstream}/old?ms=${from + dice.fraction() * (to - from)}`);
                old[call === "ranking" ? "ranking" : "all"].push(performance.now() - startedMs);
              }
            },
          ]
        : []),
    ]).flat(),
  );
  await Promise.all(
    dice.shuffled(tasks).map(async (task, index) => {
      await wait((index * 1_000) / rate);
      await task();
    }),
  );
  return { samples, old, unexpected };
}

interface Use {
  readonly cpuMs: number;
  readonly reads: number;
  readonly writes: number;
}

/** What each gateway has used since it began. */
async function usedBy({ flows, reader }: LineUp, upstream: Server): Promise<Map<string, Use>> {
  // Writes follow their answers.
  await wait(1_500);
  const counts = (await (await fetch(upstream.url)).json()) as Record<string, Omit<Use, "cpuMs">>;
  return new Map(
    [...flows, { name: hit, gateway: reader }].map(({ name, gateway }) => {
      const { reads = 0, writes = 0 } = counts[name] ?? {};
      return [name, { cpuMs: consumptionOf(gateway.pid).cpuMs, reads, writes }];
    }),
  );
}

/** Between the two looks at what was used. */
function requestsOf(name: string, { flows }: LineUp, n: number): number {
  if (name === hit) return 4 * n;
  return 2 * n + (name === flows[0]?.name ? aloneCount : 0);
}

function perRequest(before: Use | undefined, after: Use, requests: number): Use {
  const of = (key: keyof Use) => (after[key] - (before?.[key] ?? 0)) / requests;
  const round = (value: number) => Math.round(value * 100) / 100;
  return { cpuMs: round(of("cpuMs")), reads: round(of("reads")), writes: round(of("writes")) };
}

const spread = (all: readonly number[]): Spread => ({
  n: all.length,
  p50Ms: Math.round(quantile(all, 0.5)),
  p95Ms: Math.round(quantile(all, 0.95)),
});

function figuresOf(
  name: string,
  { events, json }: Record<Encoding, Timed[]>,
  unexpected: number,
): FlowFigures {
  return {
    name,
    ranking: spread(events.map(({ rankingMs }) => rankingMs)),
    firstWords: spread(events.map(({ firstWordsMs }) => firstWordsMs)),
    summary: spread(events.map(({ summaryMs }) => summaryMs)),
    json: spread(json.map(({ summaryMs }) => summaryMs)),
    unexpected,
  };
}
