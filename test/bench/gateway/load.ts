// The load: a process of its own, so that what it costs is nobody's. Reads its task from standard input,
// prints what came of it as JSON.
import { createRequire } from "node:module";
import { text as readAll } from "node:stream/consumers";

export interface Task {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `{n}` in it is replaced by the number of the request. */
  readonly body: string;
  /** The first number. */
  readonly from: number;
  /** After so many requests the numbers begin anew; without it, never. */
  readonly cycle?: number;
  /** What each answer holds; one that does not is counted. */
  readonly expects?: readonly string[];
  readonly connections: number;
  readonly seconds?: number;
  /** Instead of a time: so many requests. */
  readonly amount?: number;
}

export interface Loaded {
  readonly requests: number;
  readonly errors: number;
  /** Answers that lack what they should hold; of none with an error's status. */
  readonly unexpected: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Of an answer, head and body. */
  readonly bytes: number;
}

interface Autocannon {
  (options: object): Promise<{
    readonly requests: { readonly total: number };
    readonly errors: number;
    readonly timeouts: number;
    readonly non2xx: number;
    readonly mismatches: number;
    readonly duration: number;
    readonly latency: { readonly p50: number; readonly p99: number };
    readonly throughput: { readonly total: number };
  }>;
}

const [folder = ""] = process.argv.slice(2);
const autocannon = createRequire(`${folder}/package.json`)("autocannon") as Autocannon;
const task = JSON.parse(await readAll(process.stdin)) as Task;

let sent = 0;
const latencies: number[] = [];
const { seconds, amount, from, cycle = Number.POSITIVE_INFINITY, expects = [] } = task;
const result = await autocannon({
  url: task.url,
  connections: task.connections,
  ...(amount === undefined ? { duration: seconds } : { amount }),
  timeout: 30,
  // By itself it looks once a second whether all is done, and that second counts.
  sampleInt: 10,
  verifyBody: (body: string) => expects.every((part) => body.includes(part)),
  requests: [
    {
      method: "POST",
      headers: { "content-type": "application/json", ...task.headers },
      setupRequest: (request: object) => ({
        ...request,
        body: task.body.replace("{n}", String(from + (sent++ % cycle))),
      }),
    },
  ],
  // Its own histogram has whole milliseconds.
  setupClient: (client: {
    on(event: "response", hear: (status: number, bytes: number, ms: number) => void): void;
  }) => client.on("response", (_, __, ms) => void latencies.push(ms)),
});
const sorted = latencies.toSorted((a, b) => a - b);
const at = (q: number) => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
const loaded: Loaded = {
  requests: result.requests.total,
  errors: result.errors + result.timeouts + result.non2xx,
  unexpected: result.mismatches,
  seconds: result.duration,
  p50: at(0.5),
  p99: at(0.99),
  bytes: result.throughput.total / result.requests.total,
};
console.log(JSON.stringify(loaded));
