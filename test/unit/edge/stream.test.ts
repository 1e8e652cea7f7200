// Guarantees of a stream of events: its signs of life, and its end when something is wrong.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { Hono } from "hono";
import { afterEach, describe, expect, it, vi } from "vitest";
import { noUsage } from "../../../gateway/core/domain.ts";
import { CallLog } from "../../../gateway/core/call-log.ts";
import type { Caller } from "../../../gateway/pipeline.ts";
import type { SummaryOutcome } from "../../../gateway/core/outcome.ts";
import type { Progress } from "../../../gateway/core/ports.ts";
import { toRankAnswer } from "../../../gateway/edge/answer.ts";
import type { Edge } from "../../../gateway/edge/edge.ts";
import { departureOf, streamSummary } from "../../../gateway/edge/stream.ts";
import { RequestEvent, type EventFields } from "../../../gateway/telemetry.ts";
import { readEvents } from "../../support/server-sent-events.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { ranking } from "../support/outcome.ts";

const themeIds = ["sleep"];
const nothing = {
  cache: { status: "miss", ageSeconds: null },
  attempts: [],
  usage: noUsage,
} as const;
const written = (text: string): SummaryOutcome => ({
  ...nothing,
  written: { text, source: "gemini", model: "flash" },
  themeIds,
  reason: null,
});

afterEach(() => void vi.restoreAllMocks());

/** A stream that `write` fills, on a clock that stands still. */
async function open(write: (progress: Progress) => Promise<SummaryOutcome>) {
  const clock = new ManualClock();
  const told: EventFields[] = [];
  const event = new RequestEvent();
  vi.spyOn(event, "set").mockImplementation((fields) => void told.push(fields));
  const deferred: Promise<void>[] = [];
  const app = new Hono<Edge>();
  app.get("/", (c) => {
    for (const [name, value] of Object.entries({ clock, event, deferred }))
      c.set(name as "clock", value as ManualClock);
    c.set("startedMs", clock.nowMs());
    const receipt = { requestId: "req_1", usage: ranking.usage, processingTimeMs: 12 };
    const caller = { calls: new CallLog() } as Caller;
    return streamSummary(c, departureOf(c), ranking, toRankAnswer(ranking, receipt), write, caller);
  });
  const context = createExecutionContext();
  const response = await app.request("/", {}, {}, context);
  if (response.body === null) throw new Error("no body");
  const fields = () => Object.assign({}, ...told) as Record<string, unknown>;
  return { clock, fields, body: response.body, ended: () => waitOnExecutionContext(context) };
}

const names = async (body: ReadableStream<Uint8Array>) => {
  const all: string[] = [];
  for await (const { event } of readEvents(body)) all.push(event);
  return all;
};

describe("a stream of events", () => {
  it("shows signs of life while nothing is written, and none after the end", async () => {
    const summary = Promise.withResolvers<SummaryOutcome>();
    const { clock, body, ended } = await open(() => summary.promise);
    const events = readEvents(body);
    const next = async () => (await events.next()).value?.event;
    expect(await next()).toBe("ranking");
    for (let beat = 0; beat < 3; beat++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await vi.waitFor(() => expect(clock.dueMs).toBe(200));
      clock.advance(200);
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await next()).toBe("");
    }
    summary.resolve(written("All is said."));
    expect([await next(), await next(), await next(), await next()]).toEqual([
      "summary.delta",
      "summary",
      "done",
      undefined,
    ]);
    await ended();
  });

  it("shows what goes on from what was shown, once, and nothing of another's words", async () => {
    const { body, fields, ended } = await open((progress) => {
      for (const soFar of ["", "The", "The rent", "The rent", "Another", "The rent is"])
        progress(soFar);
      return Promise.resolve(written("Another text."));
    });
    const deltas: unknown[] = [];
    for await (const { event, data } of readEvents(body))
      if (event === "summary.delta") deltas.push(data);
    expect(deltas).toEqual([{ text: "The" }, { text: " rent" }, { text: " is" }]);
    await ended();
    expect(fields()).toMatchObject({ stream: "done", summary_source: "gemini" });
  });

  it("ends in order after a defect, of which the event has the kind and nobody the words", async () => {
    const console = vi.spyOn(globalThis.console, "error");
    const { body, fields, ended } = await open(() => Promise.reject(new TypeError("a secret")));
    expect(await names(body)).toEqual(["ranking", "summary", "done"]);
    await ended();
    expect(fields()).toMatchObject({ stream: "done", defect: "TypeError" });
    expect(console).not.toHaveBeenCalled();
  });

  it("is cut when its caller is there and reads nothing", async () => {
    const { clock, fields, ended } = await open(() => Promise.resolve(written("x".repeat(99))));
    await vi.waitFor(() => expect(clock.dueMs).not.toBeNull());
    clock.advance(2_000);
    await ended();
    expect(fields()).toMatchObject({ stream: "cut" });
  });
});
