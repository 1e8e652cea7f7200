// POST /v1/analyze as server-sent events: what a caller who reads along is promised.
import { createExecutionContext, reset, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import type { z } from "@hono/zod-openapi";
import { analyzeAnswer, analyzeEvent, problemAnswer } from "../../gateway/edge/answer-schema.ts";
import worker from "../../gateway/index.ts";
import geminiOverloaded from "../fixtures/gemini-error-503.json";
import { readEvents, type ServerSentEvent } from "../support/server-sent-events.ts";
import { get, life } from "./service.ts";
import { FakeControl } from "./support.ts";

type AnalyzeEvent = z.output<typeof analyzeEvent>;

const vllm = new FakeControl(inject("vllm"));
const gemini = new FakeControl(inject("gemini"));
const summaryPath = "/chat/completions";
const streamPath = ":streamGenerateContent";

let lines: Record<string, unknown>[] = [];

beforeEach(() => {
  lines = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  });
  vi.spyOn(console, "warn").mockReturnValue();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await vllm.reset();
  await gemini.reset();
  await reset();
});

let count = 0;
/** A text that no other test has sent, with a first sentence to write about. */
const freshText = () =>
  `On day ${(count += 1)} the bills are late and my debt eats the money. I lie awake. Mother laughs.`;

/** An isolate for each environment. */
const isolate = (change: object = {}): Env => ({ ...env, ...change });

/** The answer while it is on its way; `ended` = all that was deferred is done. */
async function ask(to: Env, body: object, accept = "text/event-stream") {
  const context = createExecutionContext();
  const request = new Request("https://themerank.test/v1/analyze", {
    method: "POST",
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify({ themes: life, ...body }),
  });
  const response = await worker.fetch(
    request as Request<unknown, IncomingRequestCfProperties>,
    to,
    context,
  );
  return { response, ended: () => waitOnExecutionContext(context) };
}

const isEvent = ({ event }: ServerSentEvent) => event !== "";

/** A stream to its end, each event held to its schema. */
async function stream(to: Env, body: object) {
  const { response, ended } = await ask(to, body);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  if (response.body === null) throw new Error("no body");
  const all: ServerSentEvent[] = [];
  for await (const each of readEvents(response.body)) all.push(each);
  await ended();
  return { ...told(all.filter(isEvent)), beats: all.length - all.filter(isEvent).length, response };
}

function told(all: readonly ServerSentEvent[]) {
  const events = all.map(({ event, data }): AnalyzeEvent => {
    const given = { event, data };
    expect(analyzeEvent.parse(given)).toEqual(given);
    return analyzeEvent.parse(given);
  });
  const names = events.map(({ event }) => event);
  expect(names.join(" ")).toMatch(/^ranking( summary\.delta)* summary done$/);
  const only = <N extends AnalyzeEvent["event"]>(name: N) =>
    events.filter((each) => each.event === name) as (AnalyzeEvent & { event: N })[];
  const [ranking, summary, done] = [only("ranking")[0], only("summary")[0], only("done")[0]];
  if (!ranking || !summary || !done) throw new Error("not told whole");
  const deltas = only("summary.delta").map(({ data }) => data.text);
  return { ranking: ranking.data, deltas, summary: summary.data, done: done.data };
}

async function whole(to: Env, body: object) {
  const { response, ended } = await ask(to, body, "application/json");
  const answer = analyzeAnswer.parse(await response.json());
  await ended();
  return answer;
}

/** What differs between two answers to the same question. */
const timeless = (answer: object) => {
  const text = JSON.stringify(answer, (key, value: unknown) =>
    ["id", "duration_ms", "processing_time_ms"].includes(key) ? undefined : value,
  );
  return JSON.parse(text) as Record<string, unknown>;
};

describe("a streamed answer", () => {
  it.each([
    ["by the first of each", {}],
    [
      "with an origin that is down",
      { ORIGIN_BASE_URL: `http://127.0.0.1:${inject("refusedPort")}/v1` },
    ],
    ["by the house alone", { GEMINI_API_KEY: "" }],
    ["with an extract", { SUMMARIZERS: "extractive" }],
    ["without a model", { RANKERS: "lexical", SUMMARIZERS: "extractive" }],
    ["without a summary", { SUMMARIZERS: "gemini", EGRESS: "none" }],
  ])("says %s what the JSON answer says, evidence and usage included", async (_, change) => {
    const body = { text: freshText(), evidence: true, top_k: 6, cache: "no-store" };
    const to = isolate(change);
    const { summary, usage, ...ranking } = await whole(to, body);
    const streamed = await stream(to, body);
    expect(timeless(streamed.ranking)).toEqual(
      timeless({ ...ranking, usage: streamed.ranking.usage }),
    );
    expect(streamed.ranking.themes[0]?.evidence).toBeDefined();
    expect(streamed.summary).toEqual(summary);
    expect(timeless(streamed.done.usage)).toEqual(timeless(usage));
    expect(streamed.deltas.join("")).toBe(summary.text ?? "");
  });

  it("has the headers of the JSON answer, known with the ranking", async () => {
    const { response } = await stream(isolate(), { text: freshText() });
    expect(response.headers.get("cache-status")).toBe("themerank; fwd=miss");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("server-timing")).toMatch(/origin;dur=\d+, total;dur=\d+$/);
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    const shared = await stream(isolate({ CORS_ORIGINS: "https://app.example" }), {
      text: freshText(),
    });
    expect(shared.response.headers.get("cache-control")).toBe("no-store");
  });

  it("shows the summary as its model writes it, by Gemini and by the origin", async () => {
    const text = freshText();
    expect((await stream(isolate(), { text })).deltas.length).toBeGreaterThan(1);
    const byOrigin = await stream(isolate({ SUMMARIZERS: "origin" }), { text });
    expect(byOrigin.deltas.length).toBeGreaterThan(5);
    expect(byOrigin.summary.source).toBe("origin");
  });

  it("from the cache has the same events, the summary in one piece, and asks nobody", async () => {
    const text = freshText();
    const to = isolate();
    const first = await stream(to, { text });
    await vllm.reset();
    await gemini.reset();
    for (const again of [await stream(to, { text }), await stream(isolate(), { text })]) {
      expect(again.ranking.cache.status).toBe("hit");
      expect(again.summary).toEqual({
        ...first.summary,
        cache: { status: "hit", age_s: expect.any(Number) as number },
      });
      expect(again.deltas).toEqual([first.summary.text]);
    }
    const json = await whole(to, { text });
    expect(json.summary.text).toBe(first.summary.text);
    expect([await vllm.requests(), await gemini.requests()]).toEqual([[], []]);
  });

  it("is one call upstream for all who ask the same at once; who follows gets it in one piece", async () => {
    const text = freshText();
    const to = isolate();
    await gemini.break({ kind: "stream", delayMs: 100 });
    const answers = await Promise.all([1, 2, 3].map(() => stream(to, { text })));
    const pieces = answers.map(({ deltas }) => deltas.length).toSorted((a, b) => a - b);
    expect(pieces.slice(0, 2)).toEqual([1, 1]);
    expect(pieces[2]).toBeGreaterThan(1);
    expect(new Set(answers.map(({ summary }) => summary.text)).size).toBe(1);
    expect(await gemini.requests()).toHaveLength(1);
  });

  it("is about no theme without a summary, and ends in order", async () => {
    const { summary, deltas, done } = await stream(isolate(), {
      text: freshText(),
      min_score: 100,
    });
    expect([summary.status, summary.text, deltas]).toEqual(["unavailable", null, []]);
    expect(done.usage.prompt_tokens).toBeGreaterThan(0);
  });
});

describe("what Accept asks for", () => {
  it.each([
    ["text/event-stream", true],
    ["TEXT/Event-Stream", true],
    ["text/event-stream; charset=utf-8", true],
    ["application/json, text/event-stream", true],
    ["text/event-stream;q=0.9, application/json;q=0.8", true],
    ["text/event-stream, */*;q=0.1", true],
    ["application/json, text/event-stream;q=0.5", false],
    ["text/event-stream;q=0", false],
    ["application/json", false],
    ["text/*", false],
    ["*/*", false],
    ["text/event-streams", false],
    ["", false],
  ])("%j: events %s", async (accept, events) => {
    const { response, ended } = await ask(isolate(), { text: freshText() }, accept);
    const type = response.headers.get("content-type");
    await response.text();
    await ended();
    expect(type).toBe(events ? "text/event-stream" : "application/json");
  });

  it.each<[string, object, number]>([
    ["a bad field", { text: "" }, 422],
    ["an unknown catalog", { text: "a", themes: undefined, catalog: "none" }, 404],
    ["no ranker that answers", { text: "a", sources: ["origin"] }, 503],
  ])("%s is a plain problem, before the ranking", async (_, body, status) => {
    await vllm.break({ kind: "status", status: 500 });
    const { response, ended } = await ask(isolate(), body);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    problemAnswer.parse(await response.json());
    await ended();
  });
});

describe("a summarizer that fails while it writes", () => {
  it.each<[string, object]>([
    ["ends too early", { ending: "end" }],
    ["breaks", { ending: "reset" }],
    ["stalls", { ending: "stall" }],
    ["sends an error as an event", { ending: { event: geminiOverloaded } }],
    ["sends an error as it is", { ending: { event: JSON.stringify(geminiOverloaded) } }],
    ["is blocked", { ending: { event: { candidates: [{ finishReason: "SAFETY", index: 0 }] } } }],
  ])("and %s: the next one's text is the summary, and no half of the first", async (_, fault) => {
    await gemini.break({ kind: "stream", events: 2, path: streamPath, ...fault });
    // Only where it stalls: nothing else waits for this.
    const to = isolate({ SUMMARIZERS: "gemini,extractive", SUMMARY_TIMEOUT_MS: "1500" });
    const { ranking, deltas, summary, done, beats } = await stream(to, { text: freshText() });
    expect(summary).toMatchObject({ status: "complete", source: "extractive" });
    expect(summary.reason).toMatch(/^gemini_/);
    // Gemini's words, which the extract's do not go on from.
    expect(deltas.join("")).toMatch(/^In short: /);
    expect(summary.text).not.toContain("In short");
    // What failed was paid for as well, as far as it told.
    expect(done.usage.prompt_tokens ?? 0).toBeGreaterThanOrEqual(ranking.usage.prompt_tokens ?? 0);
    if ("ending" in fault && fault.ending === "stall") expect(beats).toBeGreaterThan(1);
  });

  it("hands over to a model whose words are shown as long as they go on from what was shown", async () => {
    await gemini.break({ kind: "stream", events: 2, path: streamPath, ending: "reset" });
    const { deltas, summary } = await stream(isolate(), { text: freshText() });
    expect(summary).toMatchObject({ source: "origin", reason: "gemini_unreachable" });
    // Both fakes write the same.
    expect(deltas.join("")).toBe(summary.text);
  });

  it("is told as unavailable where no other stands behind it, with what was used", async () => {
    await gemini.break({ kind: "stream", events: 2, path: streamPath, ending: "reset" });
    const to = isolate({ SUMMARIZERS: "gemini" });
    const { ranking, summary, done } = await stream(to, { text: freshText() });
    expect(summary).toMatchObject({ status: "unavailable", text: null, source: null });
    // What failed was paid for as well, as far as it told.
    expect(done.usage.prompt_tokens ?? 0).toBeGreaterThanOrEqual(ranking.usage.prompt_tokens ?? 0);
    // Nothing half was kept.
    await gemini.reset();
    expect((await stream(to, { text: freshText() })).summary.status).toBe("complete");
  });
});

describe("a caller who leaves", () => {
  async function leave(to: Env, body: object, after: string): Promise<void> {
    const { response, ended } = await ask(to, body);
    if (response.body === null) throw new Error("no body");
    for await (const { event } of readEvents(response.body)) if (event === after) break;
    await ended();
  }

  it.each([
    ["Gemini", "gemini", gemini, streamPath],
    ["the origin", "origin", vllm, summaryPath],
  ])("ends %s's work within 2 s, and the event says so", async (_, name, fake, path) => {
    await fake.break({ kind: "stream", events: 6, ending: "stall", path });
    const to = isolate({ SUMMARIZERS: name, BREAKER: "auto" });
    const text = freshText();
    const startMs = performance.now();
    await leave(to, { text }, "summary.delta");
    expect(performance.now() - startMs).toBeLessThan(2_000);
    const asked = async () => (await fake.requests()).filter((each) => each.path.endsWith(path));
    await expect.poll(async () => (await asked()).map(({ aborted }) => aborted)).toEqual([true]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ status: 200, stream: "cut", source: "origin" });
    // Nothing was kept of it, and nobody thinks the worse of who was writing.
    await fake.reset();
    const again = await stream(to, { text });
    expect(again.summary).toMatchObject({ source: name, reason: null, cache: { status: "miss" } });
    expect(again.ranking).toMatchObject({ source: "origin", cache: { status: "hit" } });
  });

  it("takes nobody along: who waits for the same summary has it written again", async () => {
    await gemini.break({ kind: "stream", events: 1, ending: "stall", times: 1 });
    const to = isolate();
    const text = freshText();
    const { response, ended } = await ask(to, { text });
    if (response.body === null) throw new Error("no body");
    const first = readEvents(response.body);
    await expect.poll(async () => (await gemini.requests()).length).toBe(1);
    const follower = stream(to, { text });
    await first.next();
    await first.return(undefined);
    expect((await follower).summary).toMatchObject({ source: "gemini", reason: null });
    await ended();
    expect(await gemini.requests()).toHaveLength(2);
  });
});

describe("the document", () => {
  it("describes the events with their schemas", async () => {
    const response = await get("/openapi.json");
    const { paths, components } = await response.json<{
      paths: Record<string, { post: { responses: { 200: { content: Record<string, unknown> } } } }>;
      components: { schemas: Record<string, { oneOf?: { properties: { event: unknown } }[] }> };
    }>();
    expect(paths["/v1/analyze"]?.post.responses[200].content).toMatchObject({
      "application/json": { schema: { $ref: "#/components/schemas/AnalyzeAnswer" } },
      "text/event-stream": { schema: { $ref: "#/components/schemas/AnalyzeEvent" } },
    });
    const events = components.schemas["AnalyzeEvent"]?.oneOf ?? [];
    expect(events.map(({ properties }) => properties.event)).toEqual(
      ["ranking", "summary.delta", "summary", "done"].map((name) => ({
        type: "string",
        enum: [name],
      })),
    );
  });
});

describe("what an upstream says in the middle of a stream", () => {
  it.each([
    [
      "an error that quotes the text",
      { event: { error: { code: 500, message: "no canary-word" } } },
    ],
    ["what is no JSON", { event: "data: canary-word\n\n" }],
    ["what is no event", { event: "canary-word" }],
  ])("%s is neither logged nor passed on", async (_, ending) => {
    const said: unknown[][] = [];
    for (const level of ["log", "warn", "error", "info", "debug"] as const)
      vi.spyOn(console, level).mockImplementation((...words: unknown[]) => void said.push(words));
    await gemini.break({ kind: "stream", events: 1, path: streamPath, ending });
    await vllm.break({ kind: "stream", events: 1, path: summaryPath, ending });
    const streamed = await stream(isolate(), { text: freshText() });
    expect(streamed.summary).toMatchObject({ status: "complete", source: "extractive" });
    expect(said.length).toBeGreaterThan(0);
    expect(JSON.stringify([said, streamed])).not.toContain("canary");
    // Errors hide their words from JSON.
    expect(said.flat().filter((word) => typeof word !== "string")).toEqual([]);
  });
});

describe("the event of a streamed request", () => {
  it("is written once, when the stream has ended, with its whole time", async () => {
    await gemini.break({ kind: "stream", delayMs: 150 });
    const { done } = await stream(isolate(), { text: freshText() });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      event: "request",
      route: "/v1/analyze",
      status: 200,
      stream: "done",
      source: "origin",
      summary_source: "gemini",
    });
    expect(lines[0]?.["streamed_ms"]).toBeGreaterThanOrEqual(done.processing_time_ms);
    expect(done.processing_time_ms).toBeGreaterThan(400);
  });

  it("names a fault of KV that came after the last word", async () => {
    const broken = {
      get: () => Promise.resolve(null),
      put: () => Promise.reject(new Error("429")),
    };
    await stream(isolate({ CACHE: broken }), { text: freshText() });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.["cache_faults"]).toEqual(["put_failed", "put_failed"]);
  });
});
