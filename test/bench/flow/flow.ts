// `npm run bench -- flow`: the whole flow before upstreams of stated delays, by mode, beside the flow it
// replaced; and what 1,000 requests cost. Simulated: the gateway is real, the upstreams only wait.
//   npm run bench -- flow [--n 40] [--rate 6] [--seed 1] [--absent MS] [--json FILE] [--page FILE]
import { writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chance } from "../../eval/chance.ts";
import { freePort } from "../../support/ports.ts";
import { start } from "../gateway/peers.ts";
import { consumptionOf } from "../gateway/process.ts";
import type { Server } from "../gateway/workerd.ts";
import { measured } from "../machine.ts";
import { quantile } from "../stats.ts";
import { askAll, askAlone, makeKnown, openCircuits, type Samples } from "./crowd.ts";
import { cards, delays, oldFlow, paceOf } from "./delays.ts";
import { lineUp, type LineUp } from "./line-up.ts";
import { hit, pricesOf } from "./modes.ts";
import { delayTable, flowTable, type FlowFigures, type Spread } from "./flow-table.ts";
import { cloudflare, gemini, machines } from "./price-list.ts";
import { pageOf } from "./page.ts";
import { priceSections, priceTable } from "./price-page.ts";
import { tokensOfRequest } from "./sample.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const aloneCount = 8;

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
      page: { type: "string", default: here("../FLOW.md") },
    },
  });
  const [n, rate, seed, absentMs] = [values.n, values.rate, values.seed, values.absent].map(
    Number,
  ) as [number, number, number, number];
  const dice = chance(seed);
  const tokens = tokensOfRequest((line) => console.log(line));
  if (tokens.list.output !== delays.listTokens.value)
    throw new Error(`a list has ${tokens.list.output} tokens now, and delays.ts says otherwise`);
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
    const outages = await openCircuits(line);
    const known = await makeKnown(line.first, 2 * n, rate);
    const before = await usedBy(line, upstream);
    const alone = await askAlone(line.first, aloneCount);
    const { samples, old } = await askAll(line, known, upstream.url, n, rate, dice);
    const after = await usedBy(line, upstream);

    const flows = [...samples].map(([name, sample]) => figuresOf(name, sample));
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
      delays: { ...delays, cards, oldFlow },
      old: { ranking: spread(old.ranking), summary: spread(old.summary) },
      flows,
      alone: spread(alone.map(({ summaryMs }) => summaryMs)),
      outages,
      use,
      tokens,
      prices,
      priceList: { gemini, machines, cloudflare },
    };
    writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
    const times = flowTable(where, result);
    writeFileSync(
      values.page,
      pageOf(where, times, absentMs, priceSections(where, tokens, prices)),
    );
    console.log(`Stated delays:\n\n${delayTable(absentMs)}\n`);
    console.log(times);
    console.log(priceTable(where, prices));
    console.log(`figures in ${values.json}, the delays and the sums in ${values.page}`);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
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
function requestsOf(name: string, { first }: LineUp, n: number): number {
  if (name === hit) return 4 * n;
  return 2 * n + (name === first.name ? aloneCount : 0);
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

function figuresOf(name: string, { events, json, unexpected }: Samples): FlowFigures {
  return {
    name,
    ranking: spread(events.map(({ rankingMs }) => rankingMs)),
    firstWords: spread(events.map(({ firstWordsMs }) => firstWordsMs)),
    summary: spread(events.map(({ summaryMs }) => summaryMs)),
    json: spread(json.map(({ summaryMs }) => summaryMs)),
    unexpected,
  };
}
