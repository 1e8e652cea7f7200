// The real `wrangler dev` before an origin that fails and comes back: workerd's own network, its own clock.
import { afterAll, beforeAll, describe, expect, it, type ExpectStatic } from "vitest";
import life from "../../../gateway/samples/life.json" with { type: "json" };
import { described } from "../../support/document-check.ts";
import { startFakeGemini, type FakeGemini } from "../../support/fake-gemini.ts";
import { startFakeVllm, type FakeVllm } from "../../support/fake-vllm.ts";
import {
  midBody,
  startFaultProxy,
  type FaultProxy,
  type ProxyFault,
} from "../../support/fault-proxy.ts";
import { startStack, type Stack } from "../../support/stack.ts";

const budgetMs = 10_000;
const lateMs = 200;
/** The bound on the way back, with traffic. */
const returnMs = 120_000;

let vllm: FakeVllm;
let gemini: FakeGemini;
const rows: string[] = [];
let count = 0;

interface Answer {
  readonly themes: readonly { id: string; score: number }[];
  readonly source: string;
  readonly degraded: boolean;
  readonly reason: string | null;
}

beforeAll(async () => {
  [vllm, gemini] = await Promise.all([startFakeVllm(), startFakeGemini()]);
});
afterAll(async () => {
  await Promise.all([vllm.close(), gemini.close()]);
  // Not the console, which is silent about tests that pass.
  process.stdout.write(`${["Faults under wrangler dev", ...rows].join("\n")}\n`);
});

/** One `npm start` behind a proxy of its own, and all that it answered. */
class Deployment {
  readonly statuses: number[] = [];

  readonly stack: Stack;
  readonly proxy: FaultProxy;

  private constructor(stack: Stack, proxy: FaultProxy) {
    this.stack = stack;
    this.proxy = proxy;
  }

  static #starting: Promise<unknown> = Promise.resolve();

  /** One after the other: each start wants the whole machine. */
  static start(): Promise<Deployment> {
    const started = this.#starting.then(() => this.#start());
    this.#starting = started.catch(() => null);
    return started;
  }

  static async #start(): Promise<Deployment> {
    const proxy = await startFaultProxy(vllm.port);
    const stack = await startStack(["--origin", `${proxy.baseUrl}/v1`], {
      ORIGIN_TIMEOUT_MS: "1500",
      GEMINI_API_KEY: "a-key",
      GEMINI_BASE_URL: gemini.url,
    });
    return new Deployment(stack, proxy);
  }

  async rank(body: object = {}, signal?: AbortSignal): Promise<Answer> {
    const text = `Day ${(count += 1)}: the rent is late and I lie awake.`;
    const response = await fetch(`${this.stack.url}/v1/rank`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text, themes: life, timeout_ms: budgetMs, ...body }),
      ...(signal && { signal }),
    });
    this.statuses.push(response.status);
    await described("POST", `${this.stack.url}/v1/rank`, response);
    const answer = (await response.json()) as Answer;
    expect(answer.themes?.map(({ id }) => id).toSorted()).toEqual(
      life.map(({ id }) => id).toSorted(),
    );
    expect(answer.degraded).toBe(answer.source !== "origin");
    return answer;
  }

  async state(): Promise<string | undefined> {
    const url = `${this.stack.url}/v1/status`;
    const status = await described("GET", url, await fetch(url));
    const { rankers } = (await status.json()) as { rankers: { source: string; state: string }[] };
    return rankers.find(({ source }) => source === "origin")?.state;
  }

  /** The longest request by the Worker's own events. */
  slowestMs(): number {
    const lines = this.stack.output().split("\n");
    const events = lines.filter((line) => line.startsWith('{"event":"request"'));
    return Math.max(
      ...events.map((line) => (JSON.parse(line) as { duration_ms: number }).duration_ms),
    );
  }

  async stop(): Promise<void> {
    await this.stack.stop();
    await this.proxy.close();
  }
}

/** F27: a client leaves while the origin works for it; who asks the same next is answered. */
async function leaveAndAskAgain(dev: Deployment, { poll }: ExpectStatic): Promise<void> {
  await dev.proxy.set({ kind: "delay", ms: 700 });
  const text = `Day ${(count += 1)}: whoever asked has gone.`;
  const client = new AbortController();
  const before = dev.proxy.requests;
  const left = dev.rank({ text }, client.signal).catch(() => "left");
  await poll(() => dev.proxy.requests, { timeout: 20_000 }).toBeGreaterThan(before);
  client.abort();
  expect(await left).toBe("left");
  expect(await dev.rank({ text })).toMatchObject({ source: "origin", reason: null });
  expect(await dev.state()).toBe("closed");
}

const cells: readonly (readonly [string, ProxyFault, string])[] = [
  ["F1 refused", { kind: "refuse" }, "origin_unreachable"],
  ["F2 hang", { kind: "hang" }, "origin_timeout"],
  ["F3 stall", { kind: "stall", afterBytes: midBody }, "origin_timeout"],
  ["F5 reset", { kind: "reset", afterBytes: midBody }, "origin_unreachable"],
];

// At the same time: most of each is waiting for the clock.
describe("an origin under wrangler dev", () => {
  it.concurrent.for(cells)(
    "%s: nobody gets a 5xx, three wait at most, it serves again within 120 s; a client that leaves (F27) takes nothing along",
    { timeout: 2 * returnMs },
    async ([name, fault, reason], { expect: local }) => {
      const dev = await Deployment.start();
      try {
        expect(await dev.rank()).toMatchObject({ source: "origin", reason: null });
        await leaveAndAskAgain(dev, local);
        await dev.proxy.set(fault);
        const answers: Answer[] = [];
        while (answers.length < 12) answers.push(await dev.rank());
        const paid = answers.filter((each) => each.reason === reason).length;
        expect(answers[0]).toMatchObject({ source: "gemini", reason });
        expect(paid).toBeLessThanOrEqual(3);
        expect(answers.filter((each) => each.reason === "circuit_open")).toHaveLength(12 - paid);

        await dev.proxy.set(null);
        const healedMs = performance.now();
        const sinceMs = () => Math.round(performance.now() - healedMs);
        const within = { timeout: returnMs, interval: 100 };
        await local.poll(async () => (await dev.rank()).source, within).toBe("origin");
        const firstMs = sinceMs();
        // The rest of the way back is the same for all, and long.
        if (fault.kind === "refuse")
          await local
            .poll(async () => [(await dev.rank()).source, await dev.state()], within)
            .toEqual(["origin", "closed"]);
        const alone = fault.kind === "refuse" ? `, alone after ${sinceMs()} ms` : "";
        expect(new Set(dev.statuses)).toEqual(new Set([200]));
        await local.poll(() => dev.slowestMs()).toBeLessThanOrEqual(budgetMs + lateMs);
        rows.push(
          `${name.padEnd(12)} gemini ${answers.length}, of these ${reason} ${paid}, circuit_open ` +
            `${12 - paid}; origin again after ${firstMs} ms${alone}; ` +
            `slowest of ${dev.statuses.length} answers ${dev.slowestMs()} ms, all 200`,
        );
      } finally {
        await dev.stop();
      }
    },
  );
});
