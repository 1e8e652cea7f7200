// `npm run bench -- scaling`: what a request to the production bundle under plain workerd costs
// against themes, length of the text, connections, and the size of what the cache holds.
//   npm run bench -- scaling [--rounds 3] [--seconds 1.3] [--delay 1] [--json FILE] [--svg FILE] [--only WORD,WORD]
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chance } from "../../eval/chance.ts";
import type { Task } from "../gateway/load.ts";
import { load } from "../gateway/load-process.ts";
import { installLoad, peersFolder, startUpstream } from "../gateway/peers.ts";
import { consumptionOf } from "../gateway/process.ts";
import { bundle, startWorkerd, type Server } from "../gateway/workerd.ts";
import { measured } from "../machine.ts";
import { asked, curves, entryCurves, firstNumber, type Curve, type Point } from "./curves.ts";
import { fill, knownBeyondCap, numberOfEntry } from "./entries.ts";
import { criterion } from "./growth.ts";
import { figuresOf, type Run } from "./figures.ts";
import { drawing } from "./panels.ts";
import { printed } from "./tables.ts";

const result = (name: string) =>
  fileURLToPath(new URL(`../results/scaling.${name}`, import.meta.url));
const gateway = fileURLToPath(new URL("../../../gateway/index.ts", import.meta.url));
const digits = JSON.stringify(
  Object.fromEntries(Array.from({ length: 10 }, (_, value) => [15 + value, value])),
);
/** Of a new process before its first measurement. */
const warmUpSeconds = 3;
/** Where connections are not what is measured: on one a process idles and wakes, which costs more than the work. */
const busyConnections = 8;
/** That they carry, against one: less, so that their measurement ends in time. */
const busyFactor = 1.5;
/** Calls to the origin that one isolate has under way; further misses are left to the next ranker. */
const originPlaces = 32;
/** A circuit that has opened is tried again after seconds. */
const [maxTries, betweenTriesMs] = [2, 6_000];
/** At the least, so that the slowest of many connections counts. */
const requestsPerConnection = 4;

export async function benchScaling(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "1.3" },
      delay: { type: "string", default: "1" },
      json: { type: "string", default: result("json") },
      svg: { type: "string", default: result("svg") },
      // Curves whose names hold one of these words; for work on one of them.
      only: { type: "string", default: "" },
    },
  });
  const [rounds, seconds, delayMs] = [values.rounds, values.seconds, values.delay].map(Number) as [
    number,
    number,
    number,
  ];
  const startedMs = performance.now();
  installLoad((line) => console.log(line));
  const folder = bundle(gateway, join(peersFolder, "ours"));
  const upstream = await startUpstream(delayMs);
  const start = () =>
    startWorkerd(
      folder,
      {
        AUTH_MODE: "open",
        CACHE_PEPPER: "a pepper of the benchmark",
        ORIGIN_BASE_URL: `${upstream.url}/v1`,
        ORIGIN_RATING_TOKENS: digits,
        // A machine that is busy with the load is no outage.
        ORIGIN_TIMEOUT_MS: "10000",
      },
      true,
    );
  const servers = [upstream];
  try {
    const words = values.only.split(",");
    const wanted = [...curves, ...entryCurves].filter(({ against, path }) =>
      words.some((word) => `${against}, ${path}`.includes(word)),
    );
    const runs = new Map<Point, Run[]>();
    const places = wanted
      .flatMap((curve) => curve.points.map((point) => ({ curve, point })))
      .map((each, place) => ({ ...each, place }));
    const filled = await start();
    servers.push(filled);
    await fill(filled);
    const dice = chance(1);
    for (let round = 0; round < rounds; round += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one at a time has the machine
      const empty = await start();
      servers.push(empty);
      // oxlint-disable-next-line no-await-in-loop -- as above
      for (const server of [empty, filled]) await warmUp(server);
      for (const { curve, point, place } of dice.shuffled(places)) {
        const server = curve.against === "themes in the entry" ? filled : empty;
        // oxlint-disable-next-line no-await-in-loop -- as above
        const run = await measureUntilRight({ server, upstream, curve, point, place, seconds });
        runs.set(point, [...(runs.get(point) ?? []), run]);
      }
      servers.pop();
      // oxlint-disable-next-line no-await-in-loop -- as above
      await empty.stop();
      const tookS = Math.round((performance.now() - startedMs) / 1_000);
      console.log(`round ${round + 1} of ${rounds}, ${tookS} s since the start`);
    }
    const figures = wanted.map((curve) =>
      figuresOf(
        curve,
        curve.points.map((point) => runs.get(point) ?? []),
      ),
    );
    const report = {
      ...measured(),
      rounds,
      seconds,
      delayMs,
      criterion,
      entryCap: await knownBeyondCap(filled),
      curves: figures,
    };
    printed(report);
    writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
    writeFileSync(values.svg, drawing(report));
    console.log(`figures in ${values.json}, drawn in ${values.svg}`);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

interface Measurement {
  readonly server: Server;
  readonly upstream: Server;
  readonly curve: Curve;
  readonly point: Point;
  readonly place: number;
  readonly seconds: number;
}

/** Again, a little later, where a circuit or a slow KV has made other answers than those asked for. */
async function measureUntilRight(measurement: Measurement): Promise<Run> {
  for (let tries = 1; ; tries += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one try after another
    const run = await measure(measurement, tries);
    const mayOverflow = measurement.point.connections > originPlaces;
    if (run.unexpected === 0 || mayOverflow || tries === maxTries) return run;
    const { curve, point } = measurement;
    console.log(
      `again: ${curve.path}, ${point.x} ${curve.against}, ${run.unexpected} other answers`,
    );
    // oxlint-disable-next-line no-await-in-loop -- as above
    await new Promise((resolve) => setTimeout(resolve, betweenTriesMs));
  }
}

async function measure(measurement: Measurement, tries: number): Promise<Run> {
  const { server, upstream, curve, point, place, seconds } = measurement;
  const { body, connections, texts, expects } = point;
  const from =
    curve.against === "themes in the entry"
      ? numberOfEntry(point.x)
      : firstNumber(place * maxTries + tries - 1);
  const task: Task = {
    url: `${server.url}/v1/rank`,
    headers: {},
    body,
    from,
    connections,
    expects,
    ...(texts !== null && { cycle: texts }),
  };
  const isAboutLoad = curve.against === "connections";
  // On its own connections, before the process is watched: latency, and all that is done the first time.
  const alone = await load({ ...task, seconds: seconds / 2 });
  // A number of requests, not a time: none is under way at the end, paid for and not counted.
  const busy = isAboutLoad ? connections : busyConnections;
  const rate = (alone.requests / alone.seconds) * (isAboutLoad ? 1 : busyFactor);
  const amount = Math.max(Math.round(rate * seconds), requestsPerConnection * busy);
  const next = texts === null ? from + alone.requests + connections : from;
  const [receivedBefore, before] = [await received(upstream), consumptionOf(server.pid)];
  const loaded = await load({ ...task, from: next, connections: busy, amount });
  const [after, receivedAfter] = [consumptionOf(server.pid), await received(upstream)];
  return {
    ...loaded,
    cpuMs: (after.cpuMs - before.cpuMs) / loaded.requests,
    upstreamBytes: (receivedAfter.bytes - receivedBefore.bytes) / loaded.requests,
    ...(!isAboutLoad && { alone }),
  };
}

async function warmUp(server: Server): Promise<void> {
  const task = { url: `${server.url}/v1/rank`, headers: {}, connections: 5 };
  const half = { ...task, body: asked(1_300, 24), seconds: warmUpSeconds / 2 };
  await load({ ...half, from: firstNumber(999) });
  await load({ ...half, from: firstNumber(999), cycle: 1 });
}

async function received(upstream: Server): Promise<{ readonly bytes: number }> {
  const response = await fetch(upstream.url);
  return (await response.json()) as { bytes: number };
}
