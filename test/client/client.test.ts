// The client over HTTP: answers, problems, broken connections, retries and time.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ThemeRank } from "../../gateway/client/client.ts";
import { retryDelayMs } from "../../gateway/client/retry.ts";
import type { Timer } from "../../gateway/client/timer.ts";
import { FakeGateway, problemAnswer, ranking } from "../support/fake-gateway.ts";
import { jsonAnswer, type Answer } from "../support/fault.ts";
import { freePort } from "../support/ports.ts";

/** Its waits take no time and are written down. */
class TestTimer implements Timer {
  now = 0;
  readonly waits: number[] = [];
  nowMs = () => this.now;
  wait = (durationMs: number): Promise<void> => {
    this.waits.push(durationMs);
    this.now += durationMs;
    return Promise.resolve();
  };
}

const gateway = new FakeGateway();
let timer: TestTimer;
let client: ThemeRank;
const request = { text: "The rent is late.", themes: ["Money", { label: "Sleep" }] };

beforeAll(() => gateway.start());
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.reset();
  gateway.answers = [() => jsonAnswer(200, ranking())];
  timer = new TestTimer();
  client = new ThemeRank({ baseUrl: `${gateway.baseUrl}/`, apiKey: "tr_test_1" }, timer);
});

const answering = (...answers: Answer[]) => (gateway.answers = answers.map((each) => () => each));

describe("an answer", () => {
  it("is data, without an error, with what the headers tell", async () => {
    const headers = {
      "content-type": "application/json",
      "x-request-id": "req_7",
      "cache-status": "themerank; hit; ttl=9",
      "server-timing": 'origin;dur=7;desc="circuit_open", total;dur=9.5, odd',
    };
    answering({ ...jsonAnswer(200, ranking()), headers });
    expect(await client.rank(request)).toEqual({
      data: ranking(),
      error: null,
      meta: {
        requestId: "req_7",
        status: 200,
        cacheStatus: "themerank; hit; ttl=9",
        serverTiming: [
          { name: "origin", durationMs: 7, description: "circuit_open" },
          { name: "total", durationMs: 9.5, description: null },
          { name: "odd", durationMs: null, description: null },
        ],
        retries: 0,
        durationMs: 0,
      },
    });
  });

  it("is to a request as the caller gave it, with key, type and id", async () => {
    await client.rank(request, { requestId: "mine-1" });
    expect(gateway.requests).toMatchObject([
      {
        method: "POST",
        path: "/v1/rank",
        body: request,
        headers: {
          authorization: "Bearer tr_test_1",
          "content-type": "application/json",
          accept: "application/json",
          "x-request-id": "mine-1",
        },
      },
    ]);
  });

  it.each([
    ["POST", "/v1/analyze", () => client.analyze(request)],
    ["POST", "/v1/rank/batch", () => client.rankBatch({ texts: ["a"], catalog: "life" })],
    ["POST", "/v2/rerank", () => client.rerank({ query: "a", documents: ["b"] })],
    ["GET", "/v1/status", () => client.status()],
    ["GET", "/v1/catalogs", () => client.catalogs.list()],
    ["GET", "/v1/catalogs/a%2Fb", () => client.catalogs.get("a/b")],
    ["PUT", "/v1/catalogs/mine", () => client.catalogs.put("mine", ["Money"])],
    ["DELETE", "/v1/catalogs/mine", () => client.catalogs.delete("mine")],
  ])("comes from %s %s", async (method, path, call) => {
    expect((await call()).error).toBeNull();
    expect(gateway.requests).toMatchObject([{ method, path }]);
  });

  it("without a body is no error", async () => {
    answering({ status: 204, headers: {}, chunks: [], chunkDelayMs: 0 });
    expect(await client.catalogs.delete("mine")).toMatchObject({ error: null });
  });

  it("is asked for below the path of the base URL, and without a key where there is none", async () => {
    await new ThemeRank({ baseUrl: `${gateway.baseUrl}/themes` }).rank(request);
    expect(gateway.requests[0]?.path).toBe("/themes/v1/rank");
    expect(gateway.requests[0]?.headers).not.toHaveProperty("authorization");
  });
});

describe("an error", () => {
  it("is the service's problem, with its fields", async () => {
    const errors = [{ pointer: "/text", detail: "must hold at least 1 character" }];
    answering(problemAnswer(422, { errors }));
    const { data, error, meta } = await client.rank(request);
    expect(data).toBeNull();
    expect(error).toMatchObject({ kind: "problem", status: 422, title: "A problem", errors });
    expect(meta).toMatchObject({ status: 422, requestId: "req_1", retries: 0 });
  });

  it.each([
    ["a page with a status", { kind: "status", status: 502, body: "<html>" }, 502],
    ["a page that says 200", { kind: "html" }, 200],
    ["half an answer that says it is whole", { kind: "truncated_json" }, 200],
    ["a redirect, which is not followed", { kind: "redirect", location: "/login" }, 302],
  ] as const)("is unexpected: %s", async (_, fault, status) => {
    gateway.fault = fault;
    const { error, meta } = await client.rank(request);
    expect(error).toMatchObject({ kind: "unexpected", status, retryable: false });
    expect([meta.status, gateway.requests.length]).toEqual([status, 1]);
  });

  it.each([
    ["is reset", { kind: "reset" }],
    ["is reset in the middle of the answer", { kind: "reset_mid_body" }],
  ] as const)("is network where the connection %s", async (_, fault) => {
    gateway.fault = fault;
    expect((await client.rank(request)).error).toMatchObject({ kind: "network", retryable: true });
  });

  it("is network where nobody listens", async () => {
    const lost = new ThemeRank({ baseUrl: `http://127.0.0.1:${await freePort()}` });
    const { error, meta } = await lost.rank(request);
    expect(error).toMatchObject({ kind: "network", status: null });
    expect(meta).toMatchObject({ status: null, requestId: null });
  });

  it.each([["hang"], ["headers_then_stall"]] as const)(
    "is timeout when the caller's time is over: %s",
    async (kind) => {
      gateway.fault = { kind };
      const { error } = await client.rank(request, { timeoutMs: 60 });
      expect(error).toMatchObject({ kind: "timeout", retryable: true });
      await expect.poll(() => gateway.requests[0]?.aborted, { timeout: 20_000 }).toBe(true);
    },
  );

  it("is aborted when the caller's signal fires, before or during the request", async () => {
    const signal = AbortSignal.abort();
    expect((await client.rank(request, { signal })).error).toMatchObject({ kind: "aborted" });
    expect(gateway.requests).toEqual([]);

    gateway.fault = { kind: "hang" };
    const leaving = new AbortController();
    const call = client.rank(request, { signal: leaving.signal });
    await expect.poll(() => gateway.requests.length, { timeout: 20_000 }).toBe(1);
    leaving.abort();
    expect((await call).error).toMatchObject({ kind: "aborted", retryable: false });
    await expect.poll(() => gateway.requests[0]?.aborted, { timeout: 20_000 }).toBe(true);
  });
});

describe("a retry", () => {
  const busy = (status: number, retryAfter?: string, fields = {}) =>
    problemAnswer(status, fields, retryAfter === undefined ? {} : { "retry-after": retryAfter });

  it.each([429, 503])("follows a %i once, after the time it asks for", async (status) => {
    answering(busy(status, "2"), jsonAnswer(200, ranking()));
    const { data, meta } = await client.rank(request);
    expect(data).not.toBeNull();
    expect([timer.waits, meta.retries, meta.durationMs]).toEqual([[2_000], 1, 2_000]);
  });

  it("is one: the second refusal is the answer", async () => {
    answering(busy(503, "1"));
    const { error, meta } = await client.rank(request);
    expect(error).toMatchObject({ kind: "problem", status: 503 });
    expect([gateway.requests.length, meta.retries]).toEqual([2, 1]);
  });

  it("is not made where waiting would outlast the caller's time", async () => {
    answering(busy(429, "60"));
    const { error } = await client.rank(request, { timeoutMs: 5_000 });
    expect(error).toMatchObject({ status: 429 });
    expect([timer.waits, gateway.requests.length]).toEqual([[], 1]);
  });

  it.each([400, 401, 404, 422, 500, 504])("does not follow a %i", async (status) => {
    answering(busy(status, "1"));
    expect((await client.rank(request)).error).toMatchObject({ status });
    expect(gateway.requests).toHaveLength(1);
  });

  it("does not follow a problem that says it is no use", async () => {
    answering(busy(503, "1", { retryable: false }));
    await client.rank(request);
    expect(gateway.requests).toHaveLength(1);
  });

  it("is given up when the caller leaves while it waits", async () => {
    answering(busy(503, "1"));
    const leaving = new AbortController();
    const leave = { nowMs: () => 0, wait: () => Promise.resolve(leaving.abort()) };
    const impatient = new ThemeRank({ baseUrl: gateway.baseUrl }, leave);
    const { error } = await impatient.rank(request, { signal: leaving.signal });
    expect(error).toMatchObject({ kind: "aborted" });
    expect(gateway.requests).toHaveLength(1);
  });

  it.each([
    ["3", 3_000],
    ["Mon, 23 Nov 2026 00:00:05 GMT", 5_000],
    ["Sun, 22 Nov 2026 00:00:00 GMT", 0],
    ["soon", 1_000],
    [null, 1_000],
  ])("after %j waits %i ms", (retryAfter, delayMs) => {
    expect(retryDelayMs(503, retryAfter, null, Date.UTC(2026, 10, 23))).toBe(delayMs);
  });
});

it("refuses a base URL that is none", () => {
  expect(() => new ThemeRank({ baseUrl: "localhost:8787" })).toThrow(TypeError);
});
