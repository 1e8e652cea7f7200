// Receipts and events over a run of every kind of request: each call is paid for once and told everywhere alike.
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { analyzeAnswer, problemAnswer, rankAnswer } from "../../gateway/edge/answer-schema.ts";
import type { RequestRecord } from "../../gateway/telemetry/request-record.ts";
import { eventsIn } from "../support/event-lines.ts";
import type { Fault } from "../support/fault.ts";
import { freshText, life, send, sendTo } from "./service.ts";
import { guardedEnvironment, issueKey } from "./keys.ts";
import { FakeControl } from "./support.ts";

const vllm = new FakeControl(inject("vllm"));
const gemini = new FakeControl(inject("gemini"));
const usdPerHour = 0.72;
const flash = { input: 0.3, output: 2.5 };
const priced = { ORIGIN_HOURLY_USD: String(usdPerHour), GEMINI_MODELS: "gemini-3.5-flash-lite" };

let printed: string[] = [];
beforeEach(() => {
  printed = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all([vllm.reset(), gemini.reset()]);
});

const events = () => eventsIn(printed.map((line) => `${line}\n`).join(""));
const post = (path: string, body: object, id: string, headers: Record<string, string> = {}) =>
  send(
    new Request(`https://themerank.test${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-request-id": id, ...headers },
      body: JSON.stringify(body),
    }),
    priced,
  );

const error = (status: number): Fault => ({ kind: "status", status });
const faults = fc.constantFrom<Fault | null>(null, null, null, error(500), error(429));
const plan = fc.array(
  fc.record({
    path: fc.constantFrom("/v1/rank", "/v1/rank", "/v1/analyze"),
    /** Which of a few texts: the same again is a hit. */
    text: fc.nat(2),
    themes: fc.constantFrom(3, 4, 24),
    sources: fc.constantFrom(["origin", "gemini", "lexical"], ["origin"], ["gemini"]),
    cache: fc.constantFrom("default", "default", "default", "refresh", "no-store"),
    origin: faults,
    gemini: faults,
  }),
  { minLength: 8, maxLength: 8 },
);

describe("receipts", () => {
  it("name every call of a run once, add up to what upstreams say, and stand in the events alike", async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(plan, async (requests) => {
        printed = [];
        runs += 1;
        await Promise.all([vllm.reset(), gemini.reset()]);
        const texts = [freshText(), freshText(), freshText()];
        const calls = [];
        const answered = new Map<string, RequestRecord["calls"]>();
        let arrived = 0;
        for (const [at, request] of requests.entries()) {
          // oxlint-disable no-await-in-loop -- one request after another, each with its faults
          if (request.origin !== null) await vllm.break(request.origin);
          if (request.gemini !== null) await gemini.break(request.gemini);
          const id = `run-${runs}-${at}`;
          const { sources, cache } = request;
          const body = { text: texts[request.text], themes: life.slice(0, request.themes) };
          const response = await post(request.path, { ...body, sources, cache }, id);
          const schema = request.path === "/v1/rank" ? rankAnswer : analyzeAnswer;
          const { usage } = (response.status === 200 ? schema : problemAnswer).parse(
            await response.json(),
          );
          if (usage === undefined) expect.fail("an answer without a receipt");
          const sum = (part: "prompt_tokens" | "completion_tokens" | "cost_usd") =>
            usage.calls.reduce((total, call) => total + (call[part] ?? Number.NaN), 0);
          expect(usage.prompt_tokens).toBe(sum("prompt_tokens"));
          expect(usage.completion_tokens).toBe(sum("completion_tokens"));
          expect(usage.cost_usd).toBeCloseTo(sum("cost_usd"), 9);
          calls.push(...usage.calls);
          answered.set(id, usage.calls);
          arrived += (await vllm.requests()).length + (await gemini.requests()).length;
          await Promise.all([vllm.reset(), gemini.reset()]);
          // oxlint-enable no-await-in-loop
        }
        expect(calls.length).toBe(arrived);
        for (const call of calls) {
          const { prompt_tokens: read, completion_tokens: written, duration_ms: ms } = call;
          const usd =
            call.source === "origin"
              ? (usdPerHour * (ms ?? Number.NaN)) / 3_600_000
              : (flash.input * (read ?? 0) + flash.output * (written ?? 0)) / 1_000_000;
          expect(call.cost_usd).toBeCloseTo(usd, 9);
          if (call.reason === null) expect(read).toBeGreaterThan(0);
          else expect([read, written]).toEqual([0, 0]);
        }
        const told = events();
        expect(told.map(({ id }) => id)).toEqual([...answered.keys()]);
        for (const { id, calls: billed, cost_usd: usd = null } of told) {
          expect(billed?.map((call) => call.duration_ms)).toEqual(
            answered.get(id)?.map((call) => call.duration_ms),
          );
          const total = billed?.reduce((all, call) => all + (call.cost_usd ?? Number.NaN), 0);
          expect(usd).toBeCloseTo(total ?? Number.NaN, 9);
        }
      }),
      { numRuns: 6, seed: 9 },
    );
  });

  it("tell what Gemini says it consumed, to the token", async () => {
    const response = await post(
      "/v1/rank",
      { text: freshText(), themes: life, sources: ["gemini"] },
      "to-the-token",
    );
    const { usage } = rankAnswer.parse(await response.json());
    const [request] = await gemini.requests();
    const { contents, systemInstruction } = (request ?? expect.fail("no request")).body as {
      contents: { parts: { text: string }[] }[];
      systemInstruction: { parts: { text: string }[] };
    };
    const said = [systemInstruction, ...contents].map(({ parts }) => parts[0]?.text).join("\n");
    expect(usage.prompt_tokens).toBe(Math.ceil(said.length / 4));
    expect(usage.calls).toMatchObject([{ source: "gemini", model: "gemini-3.5-flash-lite" }]);
  });

  it("of a call that is not answered say that its tokens and its price are not known", async () => {
    await gemini.break({ kind: "hang" });
    const body = { text: freshText(), themes: life, sources: ["gemini"], timeout_ms: 1_000 };
    const response = await post("/v1/rank", body, "hanging");
    expect(response.status).toBe(504);
    const { usage } = problemAnswer.parse(await response.json());
    expect(usage).toMatchObject({ prompt_tokens: null, cost_usd: null, saved_usd: 0 });
    expect(usage?.calls).toMatchObject([{ reason: "gemini_timeout", cost_usd: null }]);
  });

  it("say what a hit saved: what its themes had cost", async () => {
    const body = { text: freshText(), themes: life, sources: ["gemini"] };
    const first = rankAnswer.parse(await (await post("/v1/rank", body, "first")).json());
    const again = rankAnswer.parse(await (await post("/v1/rank", body, "again")).json());
    expect(again.cache.status).toBe("hit");
    expect(again.usage).toMatchObject({ cost_usd: 0, prompt_tokens: 0, calls: [] });
    const cost = first.usage.cost_usd ?? expect.fail("no price");
    expect(cost).toBeGreaterThan(0);
    expect((again.usage.saved_usd ?? 0) / cost).toBeCloseTo(1, 4);
  });
});

describe("an event", () => {
  it("is written once for each request, whatever becomes of it, and is of the schema", async () => {
    const { env: to } = guardedEnvironment();
    const key = (await issueKey({ tenant: "a-tenant-by-name" })).text;
    const json = { "content-type": "application/json" };
    const authorized = { ...json, authorization: `Bearer ${key}` };
    const good = JSON.stringify({ text: freshText(), themes: ["Money"] });
    const url = (path: string) => `https://themerank.test${path}`;
    const requests = [
      new Request(url("/v1/rank"), { method: "POST", headers: authorized, body: good }),
      new Request(url("/v1/analyze"), { method: "POST", headers: authorized, body: good }),
      new Request(url("/rank-themes"), { method: "POST", headers: authorized, body: good }),
      new Request(url("/v1/rank"), { method: "POST", headers: json, body: good }),
      new Request(url("/v1/rank"), { method: "POST", headers: authorized, body: "{" }),
      new Request(url("/v1/rank"), { method: "PUT", headers: authorized }),
      new Request(url("/v1/nothing/quillfeather")),
      new Request(url("/healthz")),
      new Request(url("/v1/status")),
      new Request(url("/openapi.json"), { method: "HEAD" }),
    ];
    // oxlint-disable-next-line no-await-in-loop -- in order
    for (const request of requests) await sendTo(to, request);
    const told = events();
    expect(told.map(({ method, route, status }) => `${method} ${route} ${status}`)).toEqual([
      "POST /v1/rank 200",
      "POST /v1/analyze 200",
      "POST /rank-themes 200",
      "POST /v1/rank 401",
      "POST /v1/rank 400",
      "PUT /v1/rank 405",
      "GET null 404",
      "GET /healthz 200",
      "GET /v1/status 200",
      "HEAD /openapi.json 200",
    ]);
    const [ranked, analyzed] = told;
    expect(ranked).toMatchObject({ source: "origin", cache: "miss", breaker: "closed" });
    expect(ranked?.ranker_version).toContain("completions/");
    expect(analyzed?.stages).toHaveProperty("summary-gemini");
    expect(new Set(told.slice(0, 3).map(({ tenant }) => tenant)).size).toBe(1);
    expect(printed.join("\n")).not.toContain("a-tenant-by-name");
    expect(printed.join("\n")).not.toContain("quillfeather");
  });

  it("goes to Analytics Engine as one row, and an engine that fails costs nobody an answer", async () => {
    const rows: AnalyticsEngineDataPoint[] = [];
    const { env: to } = guardedEnvironment();
    const writeDataPoint = (row?: AnalyticsEngineDataPoint) => {
      if (row !== undefined) rows.push(row);
      throw new Error("no more rows");
    };
    const bound = { ...to, AUTH_MODE: "open", EVENTS: { writeDataPoint } };
    const response = await sendTo(bound, new Request("https://themerank.test/healthz"));
    expect(response.status).toBe(200);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.blobs?.[1]).toBe("/healthz");
    expect(rows[0]?.doubles?.[0]).toBe(200);
  });

  it("names the trace that the origin was told of", async () => {
    const id = "0af7651916cd43dd8448eb211c80319c";
    const traceparent = `00-${id}-b7ad6b7169203331-01`;
    const body = { text: freshText(), themes: ["Money"] };
    await post("/v1/rank", body, "traced", { traceparent });
    expect(events()).toMatchObject([{ trace: id }]);
    const [request] = (await vllm.requests()) as readonly { headers?: Record<string, string> }[];
    expect(request?.headers?.["traceparent"]).toBe(traceparent);
  });
});
