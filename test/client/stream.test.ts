// analyzeStream: events in order, one end for each stream, and a service that notices who leaves.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AnalyzeStreamEvent } from "../../gateway/client/analyze-stream.ts";
import { ThemeRank } from "../../gateway/client/client.ts";
import { collected } from "../support/collected.ts";
import {
  event,
  FakeGateway,
  problemAnswer,
  ranking,
  streamAnswer,
  summaryOf,
} from "../support/fake-gateway.ts";
import { jsonAnswer, type Answer } from "../support/fault.ts";

const gateway = new FakeGateway();
let client: ThemeRank;
const request = { text: "The rent is late.", catalog: "life" };
const done = { usage: ranking().usage, processing_time_ms: 12 };
const all = [
  ": beat\n\n",
  event("ranking", ranking()),
  event("summary.delta", { text: "Geld " }),
  event("later.version", { a: 1 }),
  event("summary.delta", { text: "fehlt. €" }),
  event("summary", summaryOf("Geld fehlt. €")),
  event("done", done),
];

beforeAll(() => gateway.start());
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.reset();
  client = new ThemeRank({ baseUrl: gateway.baseUrl });
});

async function eventsOf(answer: Answer, options = {}): Promise<AnalyzeStreamEvent[]> {
  gateway.answers = [() => answer];
  return collected(client.analyzeStream(request, options));
}

describe("a stream", () => {
  it("is ranking, pieces, summary, done; heartbeats and events of later versions are passed over", async () => {
    expect(await eventsOf(streamAnswer(all))).toEqual([
      { type: "ranking", data: ranking() },
      { type: "summary.delta", data: { text: "Geld " } },
      { type: "summary.delta", data: { text: "fehlt. €" } },
      { type: "summary", data: summaryOf("Geld fehlt. €") },
      { type: "done", data: done, meta: expect.objectContaining({ status: 200, retries: 0 }) },
    ]);
    expect(gateway.requests).toMatchObject([
      { method: "POST", path: "/v1/analyze", headers: { accept: "text/event-stream" } },
    ]);
  });

  it("is the same with each byte sent by itself", async () => {
    // Characters of several bytes are cut by the pieces of the fake's own making, byte by byte.
    const bytes = Buffer.from(all.join("").replaceAll("\n", "\r\n"));
    const events = await collected(
      new ThemeRank({
        baseUrl: gateway.baseUrl,
        fetch: () => {
          const body = ReadableStream.from(Array.from(bytes, (byte) => Uint8Array.of(byte)));
          return Promise.resolve(
            new Response(body, { headers: { "content-type": "text/event-stream" } }),
          );
        },
      }).analyzeStream(request),
    );
    expect(events.map(({ type }) => type)).toEqual([
      "ranking",
      "summary.delta",
      "summary.delta",
      "summary",
      "done",
    ]);
    expect(events[2]).toEqual({ type: "summary.delta", data: { text: "fehlt. €" } });
  });

  it("hands on the ranking while the summary is not there yet", async () => {
    gateway.answers = [
      () => streamAnswer([all[1] ?? "", ...Array<string>(10_000).fill(": \n\n")], 20),
    ];
    const events = client.analyzeStream(request);
    expect(await events.next()).toMatchObject({ value: { type: "ranking" } });
    await events.return();
  });

  it("ends the request when the reader leaves", async () => {
    gateway.answers = [
      () => streamAnswer([all[1] ?? "", ...Array<string>(10_000).fill(": \n\n")], 20),
    ];
    for await (const { type } of client.analyzeStream(request)) {
      expect(type).toBe("ranking");
      break;
    }
    await expect.poll(() => gateway.requests[0]?.aborted, { timeout: 20_000 }).toBe(true);
  });
});

describe("a stream that fails", () => {
  const last = (events: readonly AnalyzeStreamEvent[]) => events.at(-1);

  it("before it begins is one error: the service's problem, after the one retry", async () => {
    const answer = problemAnswer(503, {}, { "retry-after": "0" });
    expect(await eventsOf(answer)).toMatchObject([
      { type: "error", error: { kind: "problem", status: 503 }, meta: { retries: 1 } },
    ]);
  });

  it("by ending without its done is interrupted; what came before holds", async () => {
    const events = await eventsOf(streamAnswer(all.slice(0, 4)));
    expect(events.map(({ type }) => type)).toEqual(["ranking", "summary.delta", "error"]);
    expect(last(events)).toMatchObject({ error: { kind: "interrupted", retryable: true } });
  });

  it("by a reset is network", async () => {
    gateway.fault = { kind: "reset_mid_body" };
    const events = await eventsOf(streamAnswer(all));
    expect(last(events)).toMatchObject({ type: "error", error: { kind: "network" } });
  });

  it("by silence is timeout", async () => {
    gateway.fault = { kind: "headers_then_stall" };
    const events = await eventsOf(streamAnswer(all), { timeoutMs: 80 });
    expect(last(events)).toMatchObject({ type: "error", error: { kind: "timeout" } });
  });

  it("by the caller's signal is aborted, and the service notices", async () => {
    gateway.answers = [
      () => streamAnswer([all[1] ?? "", ...Array<string>(10_000).fill(": \n\n")], 20),
    ];
    const leaving = new AbortController();
    const types: string[] = [];
    for await (const each of client.analyzeStream(request, { signal: leaving.signal })) {
      types.push(each.type === "error" ? each.error.kind : each.type);
      leaving.abort();
    }
    expect(types).toEqual(["ranking", "aborted"]);
    await expect.poll(() => gateway.requests[0]?.aborted, { timeout: 20_000 }).toBe(true);
  });

  it.each([
    ["is no event stream", jsonAnswer(200, ranking())],
    ["holds an event that is no JSON", streamAnswer(["event: ranking\ndata: {oh\n\n"])],
  ])("because it %s is unexpected", async (_, answer) => {
    expect(await eventsOf(answer)).toMatchObject([
      { type: "error", error: { kind: "unexpected" } },
    ]);
  });
});
