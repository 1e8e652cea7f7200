// The requests: how an outage begins, what makes a text known, and all flows in one seeded order.
import { setTimeout as wait } from "node:timers/promises";
import type { Chance } from "../../eval/chance.ts";
import { oldFlow } from "./delays.ts";
import type { Flow, LineUp } from "./line-up.ts";
import { hit } from "./modes.ts";
import { analyse, type By, type Encoding, type Timed } from "./request.ts";
import { textOf, themes } from "./sample.ts";

/** Answers of one flow that came from where it is about, by encoding; and how many did not. */
export interface Samples extends Readonly<Record<Encoding, Timed[]>> {
  unexpected: number;
}

export interface Crowd {
  readonly samples: ReadonlyMap<string, Samples>;
  /** Of the old flow, ms. */
  readonly old: { readonly ranking: readonly number[]; readonly summary: readonly number[] };
}

const encodings = ["events", "json"] as const;
/** An outage is known after fewer. */
const mostTries = 12;
const isHit = (by: By) => by.cache === "hit" && by.summaryCache === "hit";
const bodyOf = (name: string) => JSON.stringify({ text: textOf(name), themes });

/** Begins the outages. @returns when the requests that met them had their rankings, ms, by flow */
export async function openCircuits({ outages }: LineUp): Promise<Record<string, number[]>> {
  const paid: Record<string, number[]> = {};
  for (const { name, gateway, isExpected } of outages) {
    const rankingsMs: number[] = [];
    for (let tries = 0; tries < mostTries; tries += 1) {
      const timed = await analyse(gateway.url, bodyOf(`${name} ${tries} before`), "events");
      if (isExpected(timed.by)) break;
      rankingsMs.push(Math.round(timed.rankingMs));
    }
    paid[name] = rankingsMs;
  }
  return paid;
}

/** Bodies whose ranking and summary `flow` has put into KV. */
export async function makeKnown(flow: Flow, count: number, rate: number): Promise<string[]> {
  const bodies = Array.from({ length: count }, (_, index) => bodyOf(`known ${index}`));
  await inTime(
    bodies.map((body) => () => analyse(flow.gateway.url, body, "json")),
    2 * rate,
  );
  return bodies;
}

/** Requests that nothing runs beside: whether the crowd slows what it measures. */
export async function askAlone(flow: Flow, count: number): Promise<Timed[]> {
  const all: Timed[] = [];
  for (let index = 0; index < count; index += 1)
    all.push(await analyse(flow.gateway.url, bodyOf(`alone ${index}`), "events"));
  return all;
}

/**
 * `n` requests of each flow and encoding in one order by lot, `rate` a second, whether or not the
 * last has its answer.
 * @param known 2 n bodies for the reader, which asks each twice: KV's first, its memory's then
 */
export async function askAll(
  { flows, reader }: LineUp,
  known: readonly string[],
  upstream: string,
  n: number,
  rate: number,
  dice: Chance,
): Promise<Crowd> {
  const samples = new Map<string, Samples>();
  const sampleOf = (name: string) => {
    const sample = samples.get(name) ?? { events: [], json: [], unexpected: 0 };
    samples.set(name, sample);
    return sample;
  };
  const ask = async (flow: Flow, body: string, encoding: Encoding) => {
    const timed = await analyse(flow.gateway.url, body, encoding);
    if (flow.isExpected(timed.by)) sampleOf(flow.name)[encoding].push(timed);
    else sampleOf(flow.name).unexpected += 1;
  };
  const hits = ["KV", "memory"].map((from) => ({
    name: `${hit}, from ${from}`,
    gateway: reader,
    isExpected: isHit,
  }));
  // In the order of the table, whichever is first answered.
  for (const { name } of [...flows, ...hits]) sampleOf(name);

  const old = { ranking: [] as number[], summary: [] as number[] };
  const askOld =
    ([rankingMs, summaryMs]: readonly [number, number]) =>
    async () => {
      const startedMs = performance.now();
      for (const [call, ms] of [
        ["ranking", rankingMs],
        ["summary", summaryMs],
      ] as const) {
        await fetch(`${upstream}/old?ms=${ms}`);
        old[call].push(performance.now() - startedMs);
      }
    };
  const drawn = ([from, to]: readonly [number, number]) => from + dice.fraction() * (to - from);

  const tasks = encodings.flatMap((encoding, half) =>
    Array.from({ length: n }, (_, index) => [
      ...flows.map(
        (flow) => () => ask(flow, bodyOf(`${flow.name} ${encoding} ${index}`), encoding),
      ),
      async () => {
        for (const flow of hits) await ask(flow, known[half * n + index] ?? "", encoding);
      },
    ]).flat(),
  );
  const oldTasks = Array.from({ length: n }, () =>
    askOld([drawn(oldFlow.ranking), drawn(oldFlow.summary)]),
  );
  await inTime(dice.shuffled([...tasks, ...oldTasks]), rate);
  return { samples, old };
}

async function inTime(tasks: readonly (() => Promise<unknown>)[], rate: number): Promise<void> {
  await Promise.all(
    tasks.map(async (task, index) => {
      await wait((index * 1_000) / rate);
      await task();
    }),
  );
}
