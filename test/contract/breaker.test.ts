// An origin that fails, through the whole Worker with the breaker on: who waits, who is spared, the way back.
import {
  createExecutionContext,
  createScheduledController,
  reset,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { analyzeAnswer, rankAnswer, statusAnswer } from "../../gateway/edge/answer-schema.ts";
import worker from "../../gateway/index.ts";
import { FakeControl, named } from "./support.ts";
import { freshText, life, type Overrides } from "./service.ts";

const vllm = new FakeControl(inject("vllm"));
const other = new FakeControl(inject("llamaServer"));
const gemini = new FakeControl(inject("gemini"));
const unreachable = `http://127.0.0.1:${inject("refusedPort")}/v1`;

/** The Worker's clock is Date.now: tests move it on instead of waiting. */
const realNow = Date.now;
let aheadMs = 0;
const advance = (ms: number) => (aheadMs += ms);
let chance = 0.5;
/** The number of the test: its origins' name. */
let place = 0;

beforeEach(() => {
  place += 1;
  aheadMs = 0;
  chance = 0.5;
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + aheadMs);
  vi.spyOn(Math, "random").mockImplementation(() => chance);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all([vllm.reset(), other.reset(), gemini.reset(), reset()]);
});

/** Only where a fault hangs: a slow machine must not open a circuit by itself. */
const hasty = { ORIGIN_TIMEOUT_MS: "300" };

/** A new isolate: it knows nothing but what is shared. */
class Isolate {
  readonly #env: Env;

  constructor(overrides: Overrides = {}) {
    const { ORIGIN_BASE_URL = inject("vllm") } = overrides;
    const urls = ORIGIN_BASE_URL.split(",").map((url) => named(url, place));
    const settings = { BREAKER: "auto", ...overrides, ORIGIN_BASE_URL: urls.join(",") };
    this.#env = { ...env, ...settings };
  }

  async send(path: string, body?: object): Promise<Response> {
    const context = createExecutionContext();
    const request = new Request(`https://themerank.test${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const typed = request as Request<unknown, IncomingRequestCfProperties>;
    const response = await worker.fetch(typed, this.#env, context);
    await waitOnExecutionContext(context);
    return response;
  }

  async rank(body: object = {}) {
    const asked = { text: freshText(), themes: life, ...body };
    return rankAnswer.parse(await (await this.send("/v1/rank", asked)).json());
  }

  /** What became of the origin in one request. */
  async attempt(body: object = {}) {
    const { attempts } = await this.rank(body);
    return attempts.find(({ source }) => source === "origin");
  }

  async origin() {
    const status = statusAnswer.parse(await (await this.send("/v1/status")).json());
    return status.rankers.find(({ source }) => source === "origin") ?? expect.fail("no origin");
  }

  /** Probes run beside the requests: until they have told. */
  async becomes(state: string): Promise<void> {
    await expect.poll(async () => (await this.origin()).state, { interval: 10 }).toBe(state);
  }

  async cron(): Promise<void> {
    await worker.scheduled(createScheduledController(), this.#env);
  }
}

/** Of this test: what an earlier one left running may still arrive. */
const calls = async (fake: FakeControl) => {
  const others = ({ query }: { readonly query: string }) =>
    query.startsWith("test=") && query !== `test=${place}`;
  return (await fake.requests()).filter((request) => !others(request)).length;
};

async function paidTimeouts(isolate: Isolate): Promise<number> {
  let paid = 0;
  for (let request = 0; request < 12; request += 1) {
    const attempt = await isolate.attempt();
    if (attempt?.reason === "origin_timeout") paid += 1;
    else expect(attempt).toMatchObject({ outcome: "skipped", reason: "circuit_open" });
  }
  return paid;
}

describe("twelve requests, one after another, into an origin that hangs", () => {
  it("cost at most three timeouts, and the status says why", async () => {
    await vllm.break({ kind: "hang" });
    const isolate = new Isolate(hasty);
    expect(await paidTimeouts(isolate)).toBeLessThanOrEqual(3);
    const { state, since, reason } = await isolate.origin();
    expect([state, reason]).toEqual(["open", "origin_timeout"]);
    expect(Date.now() - Date.parse(since ?? "")).toBeLessThan(60_000);
  });

  it("cost no more where the Cache API does nothing", async () => {
    vi.spyOn(caches.default, "match").mockResolvedValue(undefined);
    vi.spyOn(caches.default, "put").mockResolvedValue();
    await vllm.break({ kind: "hang" });
    expect(await paidTimeouts(new Isolate(hasty))).toBeLessThanOrEqual(3);
  });

  it("cost an isolate nothing that comes later to the same data centre", async () => {
    await vllm.break({ kind: "reset" });
    const first = new Isolate();
    await first.attempt();
    await first.becomes("open");
    await vllm.reset();
    expect(await new Isolate().attempt()).toMatchObject({ reason: "circuit_open" });
    expect(await calls(vllm)).toBe(0);
  });

  it("cost an isolate nothing anywhere, once the cron has seen it", async () => {
    await vllm.break({ kind: "status", status: 530 });
    await new Isolate().cron();
    const { keys } = await env.STATE.list({ prefix: "health:origin:" });
    expect(keys).toHaveLength(1);
    const cold = new Isolate();
    expect(await cold.attempt()).toMatchObject({ outcome: "skipped", reason: "circuit_open" });
    expect(await cold.origin()).toMatchObject({ reason: "origin_error" });
  });
});

describe("an origin that comes back", () => {
  it("is probed in the background, then given its requests by and by", async () => {
    await vllm.break({ kind: "reset" });
    const isolate = new Isolate();
    await isolate.attempt();
    await isolate.becomes("open");
    await vllm.reset();
    advance(5_001);
    // The request that finds it due waits for nothing.
    const due = await isolate.rank();
    expect(due).toMatchObject({ source: "gemini", degraded: true, reason: "circuit_open" });
    await expect.poll(() => calls(vllm), { interval: 10 }).toBe(2);
    await isolate.becomes("half-open");
    expect((await isolate.rank()).source).toBe("gemini");
    chance = 0.05;
    await expect.poll(async () => (await isolate.rank()).source).toBe("origin");
    chance = 0.45;
    advance(15_000);
    expect((await isolate.rank()).source).toBe("origin");
    chance = 0.99;
    expect((await isolate.rank()).source).toBe("gemini");
    advance(15_000);
    expect(await isolate.rank()).toMatchObject({ source: "origin", degraded: false });
    expect(await isolate.origin()).toMatchObject({ state: "closed", since: null, reason: null });
  });

  it("is forgiven by the cron: its news ends", async () => {
    const watcher = new Isolate();
    await vllm.break({ kind: "status", status: 530 });
    await watcher.cron();
    await vllm.reset();
    advance(60_000);
    await watcher.cron();
    expect((await new Isolate().rank()).source).toBe("origin");
  });
});

describe("what does not open the circuit", () => {
  it("is a large request that takes its time", async () => {
    await vllm.break({ kind: "delay", ms: 600 });
    const isolate = new Isolate({ ORIGIN_TIMEOUT_MS: "400" });
    const themes = Array.from({ length: 100 }, (_, index) => `Theme number ${index}`);
    for (let request = 0; request < 4; request += 1) {
      const text = `${freshText()} ${"The rent is late. ".repeat(1_000)}`;
      expect(await isolate.rank({ text, themes })).toMatchObject({ source: "origin" });
    }
    expect(await isolate.origin()).toMatchObject({ state: "closed" });
    expect(await calls(vllm)).toBe(4);
  });

  it.each([400, 413, 422])(
    "is a request of ours that it refuses: %i, with an alarm",
    async (status) => {
      const lines: string[] = [];
      vi.spyOn(console, "warn").mockImplementation((line: string) => void lines.push(line));
      await vllm.break({ kind: "status", status });
      const isolate = new Isolate();
      for (let request = 0; request < 6; request += 1) {
        expect(await isolate.rank()).toMatchObject({ source: "gemini", reason: "origin_rejected" });
      }
      expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual({
        event: "alarm",
        alarm: "origin_rejected",
        status,
      });
      expect(await isolate.origin()).toMatchObject({ state: "closed" });
    },
  );

  it.each([429, 503])(
    "is an origin with too much to do (%i): it is spared instead",
    async (status) => {
      await vllm.break({ kind: "status", status, headers: { "retry-after": "1" } });
      const isolate = new Isolate();
      const outcomes = new Set<string>();
      for (let request = 0; request < 12; request += 1) {
        chance = (chance + 0.618) % 1;
        const attempt = await isolate.attempt();
        expect(attempt?.reason).toBe("origin_overloaded");
        outcomes.add(attempt?.outcome ?? "");
      }
      expect(outcomes).toEqual(new Set(["failed", "skipped"]));
      expect(await calls(vllm)).toBeLessThan(8);
      expect(await isolate.origin()).toMatchObject({ state: "closed" });
    },
  );
});

describe("BREAKER", () => {
  it("open asks the origin nothing, and still serves what it said before", async () => {
    const text = freshText();
    await new Isolate().rank({ text });
    await vllm.reset();
    const isolate = new Isolate({ BREAKER: "open" });
    expect(await isolate.rank()).toMatchObject({ source: "gemini", reason: "circuit_open" });
    expect(await isolate.rank({ text })).toMatchObject({
      source: "origin",
      degraded: false,
      cache: { status: "hit" },
    });
    expect(await calls(vllm)).toBe(0);
    expect(await isolate.origin()).toMatchObject({ state: "open", reason: "circuit_open" });
  });

  it("open serves old scores of the origin before another ranker is asked", async () => {
    const text = freshText();
    await new Isolate().rank({ text });
    advance(25 * 3_600_000);
    expect(await new Isolate({ BREAKER: "open" }).rank({ text })).toMatchObject({
      source: "origin",
      degraded: true,
      reason: "circuit_open",
      cache: { status: "stale", known: 24 },
    });
    expect(await calls(gemini)).toBe(0);
  });

  it("open keeps summaries from the origin as well", async () => {
    const isolate = new Isolate({ BREAKER: "open", SUMMARIZERS: "origin,extractive" });
    const asked = { text: freshText(), themes: life };
    const answer = analyzeAnswer.parse(await (await isolate.send("/v1/analyze", asked)).json());
    expect(answer.summary).toMatchObject({ source: "extractive", reason: "circuit_open" });
    expect(await calls(vllm)).toBe(0);
  });

  it("closed asks it each time", async () => {
    await vllm.break({ kind: "reset" });
    const isolate = new Isolate({ BREAKER: "closed" });
    for (let request = 0; request < 6; request += 1) {
      expect(await isolate.attempt()).toMatchObject({ reason: "origin_unreachable" });
    }
    expect(await calls(vllm)).toBe(6);
  });
});

describe("two replicas", () => {
  it("of which one is gone: the other serves everything, and nobody is the worse for it", async () => {
    const isolate = new Isolate({ ORIGIN_BASE_URL: `${unreachable},${inject("vllm")}` });
    for (let request = 0; request < 10; request += 1) {
      expect(await isolate.rank()).toMatchObject({ source: "origin", degraded: false });
    }
    const { state, replicas } = await isolate.origin();
    expect([state, ...(replicas ?? []).map((each) => each.state)]).toEqual([
      "closed",
      "open",
      "closed",
    ]);
  });

  it("get a text each time at the same place, whole, and another when that one is gone", async () => {
    const both = { ORIGIN_BASE_URL: `${inject("vllm")},${inject("llamaServer")}` };
    const isolate = new Isolate(both);
    const seen = new Set<string>();
    // Which place is a text's is chance: all of them at one happens once in eight million runs.
    for (let round = 0; round < 24; round += 1) {
      await Promise.all([vllm.reset(), other.reset()]);
      const text = freshText();
      for (let request = 0; request < 3; request += 1)
        await isolate.rank({ text, cache: "no-store" });
      const counts = [await calls(vllm), await calls(other)];
      expect(Math.max(...counts) - Math.min(...counts)).toBe(3);
      seen.add(counts.join());
      if (round > 0) continue;
      await (counts[0] === 0 ? other : vllm).break({ kind: "reset" });
      expect(await new Isolate(both).rank({ text, cache: "no-store" })).toMatchObject({
        source: "origin",
        degraded: false,
      });
    }
    expect(seen.size).toBe(2);
  });
});

describe("a request's budget", () => {
  const eventOf = async (body: object, overrides: Overrides = {}) => {
    const lines: string[] = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
    await new Isolate({ BREAKER: "closed", ORIGIN_TIMEOUT_MS: "20000", ...overrides }).send(
      "/v1/analyze",
      { text: freshText(), themes: life, timeout_ms: 1_000, ...body },
    );
    return JSON.parse(lines[0] ?? "") as { status: number; duration_ms: number };
  };

  it.each(["hang", "headers_then_stall"] as const)(
    "bounds the answer to it and 200 ms, when everybody is slow: %s",
    async (kind) => {
      await Promise.all([vllm.break({ kind }), gemini.break({ kind })]);
      const lexical = await eventOf({});
      expect(lexical.status).toBe(200);
      expect(lexical.duration_ms).toBeLessThanOrEqual(1_200);
      const none = await eventOf({ sources: ["origin", "gemini"] });
      expect(none.status).toBe(504);
      expect(none.duration_ms).toBeLessThanOrEqual(1_200);
    },
  );

  it("bounds it by one byte after the other as well", async () => {
    const drip = { kind: "drip", bytesPerSecond: 50 } as const;
    await Promise.all([vllm.break(drip), gemini.break(drip)]);
    const { status, duration_ms: durationMs } = await eventOf({});
    expect(status).toBe(200);
    expect(durationMs).toBeLessThanOrEqual(1_200);
  });
});
