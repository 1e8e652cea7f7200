// Streams under the real `wrangler dev`: what arrives when, and what becomes of them when they are cut.
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { summaryAnswer } from "../../gateway/edge/answer-schema.ts";
import life from "../../gateway/samples/life.json" with { type: "json" };
import { valueComplaints } from "../support/document-check.ts";
import { startFakeGemini, type FakeGemini } from "../support/fake-gemini.ts";
import { startFakeVllm, type FakeVllm } from "../support/fake-vllm.ts";
import { startFaultProxy, type FaultProxy, type ProxyFault } from "../support/fault-proxy.ts";
import { readEvents, type ServerSentEvent } from "../support/server-sent-events.ts";
import { startStack, type Stack } from "../support/stack.ts";

/** How many streams are cut; the README has the figures of 1,000. */
const runs = Number(process.env["STREAM_CUTS"] ?? 100);
const seed = Number(process.env["STREAM_SEED"] ?? 1);
/** Callers at the same time, each behind a proxy of its own. */
const lanes = 10;
/** The bound on upstream work for a caller who has left. */
const boundMs = 2_000;
/** No stream may take longer: the budget of the request, and what a busy machine adds. */
const hungMs = 20_000;

let vllm: FakeVllm;
let gemini: FakeGemini;
let before: FaultProxy;
let stack: Stack;
let count = 0;
const told: string[] = [];

beforeAll(async () => {
  [vllm, gemini] = await Promise.all([startFakeVllm(), startFakeGemini()]);
  before = await startFaultProxy(gemini.port);
  stack = await startStack(["--origin", vllm.url], {
    GEMINI_API_KEY: "a-key",
    GEMINI_BASE_URL: before.baseUrl,
    SUMMARIZERS: "gemini,extractive",
    // Hundreds of faults in a row are the subject here, not an outage.
    BREAKER: "closed",
  });
});
afterAll(async () => {
  await stack?.stop();
  await Promise.all([before?.close(), vllm?.close(), gemini?.close()]);
  process.stdout.write(`${["Streams under wrangler dev", ...told].join("\n")}\n`);
});
beforeEach(async () => {
  await before.set(null);
  gemini.reset();
});

const freshText = () =>
  `Day ${(count += 1)}: the bills are late and my debt eats the money while I lie awake.`;

interface Told {
  readonly events: readonly ServerSentEvent[];
  /** `closed`: the connection broke or ended before `done`. */
  readonly end: "done" | "closed" | "hung";
  readonly startMs: number;
  readonly endMs: number;
}

const documented = { $ref: "#/components/schemas/AnalyzeEvent" };

/** Reads a stream until it ends, however it does. */
async function listen(
  url: string,
  text: string,
  leave = new AbortController(),
  events: ServerSentEvent[] = [],
): Promise<Told> {
  const startMs = performance.now();
  let isHung = false;
  const timer = setTimeout(() => {
    isHung = true;
    leave.abort();
  }, hungMs);
  try {
    const response = await fetch(`${url}/v1/analyze`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ text, themes: life.slice(0, 5), timeout_ms: 12_000 }),
      signal: leave.signal,
    });
    if (response.body) for await (const each of readEvents(response.body)) events.push(each);
  } catch {
    // What arrived tells how far it came.
  }
  clearTimeout(timer);
  // A comment is no event.
  for (const { event, data } of events) {
    if (event !== "") expect(valueComplaints(documented, { event, data })).toEqual([]);
  }
  const isDone = events.at(-1)?.event === "done";
  const end = isHung ? "hung" : isDone ? "done" : "closed";
  return { events, end, startMs, endMs: performance.now() };
}

const named = ({ events }: Told, name: string) => events.filter(({ event }) => event === name);

/** The request that Gemini got about a text. */
const workOn = (text: string) =>
  gemini.requests.find(({ body }) => JSON.stringify(body).includes(text));

const quantile = (values: readonly number[], share: number) =>
  Math.round(values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? Number.NaN);

describe("a stream under wrangler dev", () => {
  it("has the ranking before the first word of a summary that takes its time", async () => {
    const delayMs = 500;
    gemini.fault = { kind: "stream", delayMs };
    const rankings: number[] = [];
    const words: number[] = [];
    const ends: number[] = [];
    for (let round = 0; round < 5; round++) {
      for (const stream of await Promise.all(
        Array.from({ length: 4 }, () => listen(stack.url, freshText())),
      )) {
        expect(stream.end).toBe("done");
        const at = (name: string) => (named(stream, name)[0]?.atMs ?? Infinity) - stream.startMs;
        expect(at("ranking")).toBeLessThan(at("summary.delta"));
        rankings.push(at("ranking"));
        words.push(at("summary.delta"));
        ends.push(at("done"));
      }
    }
    const ahead = rankings.map((at, index) => (words[index] ?? 0) - at);
    expect(quantile(ahead, 0.5)).toBeGreaterThan(delayMs / 2);
    const p = (all: readonly number[]) =>
      `p50 ${quantile(all, 0.5)} ms, p95 ${quantile(all, 0.95)} ms`;
    told.push(
      `ranking ${p(rankings)}; first words ${p(words)}; done ${p(ends)} ` +
        `(n = 20, four at a time; an event of Gemini's each ${delayMs} ms)`,
    );
  });

  it("that its caller leaves ends the work upstream within 2 s", async () => {
    gemini.fault = { kind: "stream", events: 2, delayMs: 50, ending: "stall" };
    const text = freshText();
    const leave = new AbortController();
    const heard: ServerSentEvent[] = [];
    const left = listen(stack.url, text, leave, heard);
    // Gemini says no more from here on: nothing is written but heartbeats.
    const deltas = () => heard.filter(({ event }) => event === "summary.delta");
    await expect.poll(deltas, { timeout: 10_000 }).toHaveLength(2);
    const leftMs = performance.now();
    leave.abort();
    expect((await left).end).toBe("closed");
    await expect.poll(() => workOn(text)?.aborted, { timeout: 10_000 }).toBe(true);
    expect((workOn(text)?.endedMs ?? Infinity) - leftMs).toBeLessThan(boundMs);
    await expect
      .poll(() =>
        stack
          .output()
          .split("\n")
          .filter((line) => line.includes('"stream":"cut"')),
      )
      .toHaveLength(1);
  });
});

/** So much of the answer, then a reset or an early end. */
const cuts = (maxBytes: number) =>
  fc.record({
    kind: fc.constantFrom("reset" as const, "cut" as const),
    afterBytes: fc.integer({ min: 0, max: maxBytes }),
  });

describe(`${runs} streams cut at random points`, () => {
  const drawn = (share: number, maxBytes: number) =>
    fc.sample(cuts(maxBytes), { numRuns: Math.ceil(runs * share), seed });

  it(
    "on the way to their callers: each ends, none hangs, and upstream work within 2 s",
    { timeout: 600_000 },
    async () => {
      gemini.fault = { kind: "stream", delayMs: 900 };
      const proxies = await Promise.all(
        Array.from({ length: lanes }, () => startFaultProxy(Number(new URL(stack.url).port))),
      );
      // A whole stream of five themes takes about 2,000 bytes: some are not cut.
      const queue: ProxyFault[] = drawn(0.7, 2_400);
      const ends = { done: 0, closed: 0, hung: 0 };
      const cut: { text: string; atMs: number }[] = [];
      const work = async (proxy: FaultProxy) => {
        for (let fault = queue.pop(); fault !== undefined; fault = queue.pop()) {
          await proxy.set(fault);
          const text = freshText();
          const stream = await listen(proxy.baseUrl, text);
          ends[stream.end] += 1;
          if (stream.end !== "done") cut.push({ text, atMs: stream.endMs });
        }
      };
      await Promise.all(proxies.map(work));
      await Promise.all(proxies.map((proxy) => proxy.close()));
      const isOver = () => gemini.requests.every(({ endedMs }) => endedMs !== null);
      await expect.poll(isOver, { timeout: hungMs }).toBe(true);
      const works = cut.map(({ text, atMs }) => ({ atMs, work: workOn(text) }));
      const waits = works
        .filter(({ work: asked }) => asked?.aborted)
        .map(({ work: asked, atMs }) => (asked?.endedMs ?? Infinity) - atMs);
      const none = works.filter(({ work: asked }) => asked === undefined).length;
      const over = works.filter(({ work: asked }) => asked?.aborted === false);
      told.push(
        `cut on the way to the caller (seed ${seed}): ${ends.done} done, ${ends.closed} closed, ` +
          `${ends.hung} hung; upstream work aborted ${waits.length} times, p50 ` +
          `${quantile(waits, 0.5)} ms after the cut, p95 ${quantile(waits, 0.95)} ms, at most ` +
          `${quantile(waits, 1)} ms; over by itself ${over.length} times, never begun ${none} times`,
      );
      expect(ends.hung).toBe(0);
      expect(ends.closed).toBeGreaterThan(ends.done);
      expect(waits.length).toBeGreaterThan(ends.closed / 4);
      expect(Math.max(...waits)).toBeLessThan(boundMs);
      for (const { work: ended, atMs } of over)
        expect((ended?.endedMs ?? Infinity) - atMs).toBeLessThan(boundMs);
      expect(stack.output()).not.toMatch(/"defect"|uncaught/i);
    },
  );

  it(
    "on the way from Gemini: each ends with done, and no half of a text is its summary",
    { timeout: 600_000 },
    async () => {
      gemini.fault = { kind: "stream", delayMs: 20 };
      const by: Record<string, number> = {};
      for (const fault of drawn(0.3, 1_600)) {
        await before.set(fault);
        const text = freshText();
        const stream = await listen(stack.url, text);
        expect(stream.end).toBe("done");
        const { text: summary, source } = summaryAnswer.parse(named(stream, "summary")[0]?.data);
        // What Gemini's fake writes, whole; or the extract, which is the text itself.
        expect(summary).toBe(source === "gemini" ? `In short: ${text}` : text);
        by[source ?? "nobody"] = (by[source ?? "nobody"] ?? 0) + 1;
      }
      await before.set(null);
      told.push(
        `cut on the way from Gemini (seed ${seed}): all ended with done; the summary was ` +
          Object.entries(by)
            .map(([source, times]) => `${source}'s ${times} times`)
            .join(", "),
      );
      expect(by["extractive"]).toBeGreaterThan(0);
      expect(by["gemini"]).toBeGreaterThan(0);
    },
  );
});
