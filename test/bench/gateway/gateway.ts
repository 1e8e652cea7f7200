// `npm run bench -- gateway`: the production bundle under plain workerd beside its peers, in
// interleaved rounds in one run on one machine.
//   npm run bench -- gateway [--rounds 3] [--seconds 5] [--delay 10] [--json FILE] [--only WORD,WORD]
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import life from "../../../gateway/samples/life.json" with { type: "json" };
import samples from "../../../gateway/samples/texts.json" with { type: "json" };
import { ratingPrompts } from "../../../gateway/rank/prompt.ts";
import { measured } from "../machine.ts";
import { quantile } from "../stats.ts";
import type { Loaded, Task } from "./load.ts";
import { load } from "./load-process.ts";
import { installPeers, peersFolder, startLiteLlm, startPortkey, startUpstream } from "./peers.ts";
import { consumptionOf } from "./process.ts";
import { bundle, startWorkerd, type Server } from "./workerd.ts";

const resultFile = fileURLToPath(new URL("../results/gateway.json", import.meta.url));
const entry = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const digits = JSON.stringify(
  Object.fromEntries(Array.from({ length: 10 }, (_, value) => [15 + value, value])),
);
/** About 300 tokens. */
const textChars = 1_300;
/**
 * Connections. An isolate gives the origin 32 requests at once (decision 22): with 30 each is
 * answered by it, with 50 some are by the ranker behind it, whose share is told.
 */
const crowds = [1, 30, 50] as const;
type Runs = Readonly<Record<(typeof crowds)[number], Run[]>>;

/** One way of answering, under one kind of load. */
interface Contender {
  readonly name: string;
  readonly server: Server;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** Before a run: so many texts are made known with this body, as `{n}` counts. */
  readonly known?: string;
  /** Connections 1: this many requests at most, where each needs a text made known. */
  readonly limit?: number;
  /** What each of its answers holds: one that was got in another way is an error here. */
  readonly expects?: readonly string[];
}

interface Run extends Loaded {
  readonly cpuMs: number;
  readonly memoryMiB: number;
}

interface Figures {
  readonly name: string;
  readonly p50At1: number;
  readonly p99At1: number;
  readonly p50At50: number;
  readonly p99At50: number;
  readonly requestsPerSecondAt30: number;
  readonly requestsPerSecondAt50: number;
  /** Of the answers at 50 connections, those that were got in another way; 0 to 1. */
  readonly otherShareAt50: number;
  /** Of the process, per request, at 30 connections. */
  readonly cpuMs: number;
  readonly memoryMiB: number;
  readonly bytes: number;
  readonly errors: number;
  /** Largest less smallest over the rounds, as a share of the median. */
  readonly spread: Readonly<Record<"p50At1" | "requestsPerSecondAt50" | "cpuMs", number>>;
}

export async function benchGateway(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "5" },
      delay: { type: "string", default: "10" },
      json: { type: "string", default: resultFile },
      // Contenders whose names hold one of these words; for work on one of them.
      only: { type: "string", default: "" },
    },
  });
  const [rounds, seconds, delayMs] = [values.rounds, values.seconds, values.delay].map(Number) as [
    number,
    number,
    number,
  ];
  const hasLiteLlm = installPeers((line) => console.log(line));
  const servers: Server[] = [];
  const keep = async (starting: Promise<Server>) => {
    const server = await starting;
    servers.push(server);
    return server;
  };
  try {
    const upstream = await keep(startUpstream(delayMs));
    const words = values.only.split(",");
    const contenders = (await lineUp(upstream, hasLiteLlm, keep)).filter(({ name }) =>
      words.some((word) => name.includes(word)),
    );
    const runs = new Map(
      contenders.map((each): [Contender, Runs] => [each, { 1: [], 30: [], 50: [] }]),
    );
    let number = 1;
    for (const contender of contenders) {
      // oxlint-disable-next-line no-await-in-loop -- as below
      await measure(contender, 30, seconds, number);
      number += 1_000_000;
    }
    console.log("all are warm");
    for (let round = 0; round < rounds; round += 1) {
      for (const [contender, all] of runs) {
        for (const connections of crowds) {
          // oxlint-disable-next-line no-await-in-loop -- one at a time has the machine
          const run = await measure(contender, connections, seconds, number);
          number += 1_000_000;
          all[connections].push(run);
        }
        const told = crowds.map((connections) => rate(all[connections].at(-1)).toFixed(0));
        console.log(`round ${round + 1}: ${contender.name}: ${told.join(", ")} requests/s`);
      }
    }
    const figures = [...runs].map(([{ name }, all]) => summed(name, all));
    report(figures, delayMs);
    const size = bundleSize();
    console.log(
      `bundle: ${(size.bytes / 1024).toFixed(0)} KiB, ${(size.gzip / 1024).toFixed(0)} KiB gzip`,
    );
    const result = { ...measured(), rounds, seconds, delayMs, bundle: size, figures };
    writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
    console.log(`figures in ${values.json}`);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

const oursFolder = join(peersFolder, "ours");

async function lineUp(
  upstream: Server,
  hasLiteLlm: boolean,
  keep: (starting: Promise<Server>) => Promise<Server>,
): Promise<Contender[]> {
  const origin = `${upstream.url}/v1`;
  const [bare, proxy] = [join(peersFolder, "bare"), join(peersFolder, "proxy")];
  bundle(entry("../../../gateway/index.ts"), oursFolder);
  bundle(entry("bare.ts"), bare);
  bundle(entry("minimal-proxy.ts"), proxy);
  const common = { AUTH_MODE: "open", CACHE_PEPPER: "a pepper of the benchmark" };
  const ranked = { ...common, ORIGIN_BASE_URL: origin, ORIGIN_RATING_TOKENS: digits };
  const google = { GEMINI_API_KEY: "none", GEMINI_BASE_URL: upstream.url };
  const ours = await keep(startWorkerd(oursFolder, ranked, true));
  const open = await keep(
    startWorkerd(oursFolder, { ...ranked, ...google, BREAKER: "open" }, true),
  );
  const gemini = await keep(startWorkerd(oursFolder, { ...common, ...google }, true));

  const text = `Note {n}. ${samples.map((each) => each.text).join(" ")}`.slice(0, textChars);
  const themes = life.map(({ id, label, description }) => ({ id, label, description }));
  const asked = (count: number, note = text) =>
    JSON.stringify({ text: note, themes: themes.slice(0, count) });
  const body = asked(themes.length);
  const prompt = ratingPrompts({
    format: "llama-3",
    layout: "text-first",
    scale: "digits",
    text,
    themes,
    fence: "0a1b2c3d4e5f",
  });
  const completion = JSON.stringify({
    model: "theme-ranker",
    prompt,
    max_tokens: 1,
    temperature: 0,
    logprobs: 10,
  });
  const path = "/v1/rank";
  const same = text.replace("{n}", "0");
  return [
    { name: "bare Hono", server: await keep(startWorkerd(bare, {}, false)), path, body },
    {
      name: "minimal proxy",
      server: await keep(startWorkerd(proxy, { ORIGIN_BASE_URL: origin }, false)),
      path,
      body,
    },
    {
      name: "Portkey",
      server: await keep(startPortkey()),
      path: "/v1/completions",
      headers: {
        authorization: "Bearer none",
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": origin,
      },
      body: completion,
    },
    ...(hasLiteLlm
      ? [
          {
            name: "LiteLLM",
            server: await keep(startLiteLlm(origin)),
            path: "/v1/completions",
            body: completion,
          },
        ]
      : []),
    {
      name: "ours: full hit",
      server: ours,
      path,
      body: asked(themes.length, same),
      expects: ['"status":"hit"'],
    },
    {
      name: "ours: partial hit",
      server: ours,
      path,
      body,
      known: asked(themes.length - 1),
      limit: 1_000,
      expects: ['"status":"partial"', '"degraded":false'],
    },
    {
      name: "ours: miss",
      server: ours,
      path,
      body,
      expects: ['"status":"miss"', '"degraded":false'],
    },
    {
      name: "ours: failover, breaker open",
      server: open,
      path,
      body,
      expects: ['"source":"gemini"', '"reason":"circuit_open"'],
    },
    {
      name: "ours: Gemini alone",
      server: gemini,
      path,
      body,
      expects: ['"source":"gemini"', '"degraded":false'],
    },
    {
      name: "ours: streamed analysis",
      server: open,
      path: "/v1/analyze",
      headers: { accept: "text/event-stream" },
      body,
      expects: ["event: summary.delta", '"status":"complete","source":"gemini"'],
    },
  ];
}

async function measure(
  contender: Contender,
  connections: number,
  seconds: number,
  from: number,
): Promise<Run> {
  const { server, path, headers = {}, body, known, limit, expects = [] } = contender;
  const task: Task = {
    url: server.url + path,
    headers,
    body,
    from,
    connections,
    ...(limit === undefined ? { seconds } : { amount: limit }),
  };
  if (known !== undefined && limit !== undefined)
    await load({ ...task, body: known, connections: 10, amount: limit });
  else await load({ ...task, from: from + 500_000, amount: connections * 20 });
  const before = consumptionOf(server.pid);
  const loaded = await load({ ...task, expects });
  const { cpuMs, memoryMiB } = consumptionOf(server.pid);
  return { ...loaded, cpuMs: (cpuMs - before.cpuMs) / loaded.requests, memoryMiB };
}

const rate = (run: Run | undefined) =>
  run === undefined ? Number.NaN : run.requests / run.seconds;

function summed(name: string, { 1: one, 30: some, 50: many }: Runs): Figures {
  const median = (all: readonly number[]) => quantile(all, 0.5);
  const spread = (all: readonly number[]) => (Math.max(...all) - Math.min(...all)) / median(all);
  const sum = (all: readonly Run[], read: (run: Run) => number) =>
    all.reduce((total, run) => total + read(run), 0);
  const p50s = one.map(({ p50 }) => p50);
  const rates = many.map(rate);
  const cpus = some.map(({ cpuMs }) => cpuMs);
  return {
    name,
    p50At1: median(p50s),
    p99At1: median(one.map(({ p99 }) => p99)),
    p50At50: median(many.map(({ p50 }) => p50)),
    p99At50: median(many.map(({ p99 }) => p99)),
    requestsPerSecondAt30: median(some.map(rate)),
    requestsPerSecondAt50: median(rates),
    otherShareAt50:
      sum(many, ({ unexpected }) => unexpected) / sum(many, ({ requests }) => requests),
    cpuMs: median(cpus),
    memoryMiB: median(many.map(({ memoryMiB }) => memoryMiB)),
    bytes: median(some.map(({ bytes }) => bytes)),
    errors:
      sum([...one, ...some, ...many], ({ errors }) => errors) +
      sum([...one, ...some], ({ unexpected }) => unexpected),
    spread: { p50At1: spread(p50s), requestsPerSecondAt50: spread(rates), cpuMs: spread(cpus) },
  };
}

function report(figures: readonly Figures[], delayMs: number): void {
  const two = (value: number) => value.toFixed(2);
  console.table(
    figures.map((each) => ({
      contender: each.name,
      "p50, p99 ms at 1": `${two(each.p50At1)}, ${two(each.p99At1)}`,
      "p50, p99 ms at 50": `${two(each.p50At50)}, ${two(each.p99At50)}`,
      "requests/s at 30, 50": `${each.requestsPerSecondAt30.toFixed(0)}, ${each.requestsPerSecondAt50.toFixed(0)}`,
      "others at 50": `${(100 * each.otherShareAt50).toFixed(0)} %`,
      "CPU ms": two(each.cpuMs),
      MiB: each.memoryMiB.toFixed(0),
      bytes: each.bytes.toFixed(0),
      errors: each.errors,
      "spread p50, rate, CPU": Object.values(each.spread).map(two).join(", "),
    })),
  );
  const of = (name: string) => figures.find((each) => each.name === name);
  const [bare, proxy, portkey] = [of("bare Hono"), of("minimal proxy"), of("Portkey")];
  const [hit, miss] = [of("ours: full hit"), of("ours: miss")];
  const [open, alone] = [of("ours: failover, breaker open"), of("ours: Gemini alone")];
  if (!bare || !proxy || !portkey || !hit || !miss || !open || !alone) return;
  const times = (a: number, b: number) => `${two(a / b)}x`;
  console.table([
    { goal: "a full hit's CPU against bare Hono, at most 4x", is: times(hit.cpuMs, bare.cpuMs) },
    {
      goal: "a miss's CPU against the minimal proxy, at most 2x",
      is: times(miss.cpuMs, proxy.cpuMs),
    },
    {
      goal: "added latency at p50, below Portkey's",
      is: `${two(miss.p50At1 - delayMs)} ms against ${two(portkey.p50At1 - delayMs)} ms`,
    },
    {
      goal: "throughput at 50 connections, at least 1.5x Portkey's",
      is: `${times(miss.requestsPerSecondAt50, portkey.requestsPerSecondAt50)}; at 30, all by the origin: ${times(miss.requestsPerSecondAt30, portkey.requestsPerSecondAt30)}`,
    },
    {
      goal: "failover with the breaker open, within 5 ms of Gemini alone",
      is: `${two(open.p50At1 - alone.p50At1)} ms`,
    },
  ]);
}

function bundleSize(): { readonly bytes: number; readonly gzip: number } {
  const code = readFileSync(join(oursFolder, "index.js"));
  return { bytes: code.length, gzip: gzipSync(code).length };
}
