// A ranking, and the summary that follows while it is written, as server-sent events.
import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { streamSSE } from "hono/streaming";
import type { RankOutcome, SummaryOutcome } from "../core/outcome.ts";
import type { Clock, Progress } from "../core/ports.ts";
import { sleep, within } from "../core/within.ts";
import type { Caller } from "../pipeline.ts";
import { stageFields, summaryFields } from "../telemetry.ts";
import { toDone, toSummary } from "./answer.ts";
import type { analyzeEvent, rankAnswer } from "./answer-schema.ts";
import type { Edge } from "./edge.ts";

type AnalyzeEvent = z.output<typeof analyzeEvent>;

/** Whoever has left is noticed by the second write at the latest: upstream work ends well within 2 s. */
const heartbeatMs = 200;
/** What a caller who is there and reads nothing may hold up the end. */
const flushMs = 2_000;

const events = "text/event-stream";
const json = "application/json";

/** Whether Accept names events, and likes them no less than JSON; what it says by wildcards is no name. */
export function wantsEvents(c: Context<Edge>): boolean {
  const chosen = accepts(c, {
    header: "Accept",
    supports: [events, json],
    default: json,
    match: (accepted) => {
      const quality = (name: string) =>
        accepted.find(({ type }) => type.toLowerCase() === name)?.q ?? 0;
      return quality(events) > 0 && quality(events) >= quality(json) ? events : json;
    },
  });
  return chosen === events;
}

/** Aborts when the caller has left, as far as the platform tells; a stream's writes tell it as well. */
export function departureOf(c: Context<Edge>): AbortController {
  const left = new AbortController();
  const { signal } = c.req.raw;
  if (signal.aborted) left.abort();
  else signal.addEventListener("abort", () => left.abort(), { once: true });
  return left;
}

/**
 * Answers with the events `ranking`, `summary.delta`, `summary` and `done`. The request's event is
 * written when the stream has ended: `stream` is `done`, or `cut` when the caller left before.
 * @param left is aborted when a write shows that the caller has left
 * @param ranked the first event
 * @param write writes the summary; one that throws is a defect, and the stream ends in good order
 * @param caller whose calls are on the receipt at the end
 */
export function streamSummary(
  c: Context<Edge>,
  left: AbortController,
  ranking: RankOutcome,
  ranked: z.output<typeof rankAnswer>,
  write: (progress: Progress) => Promise<SummaryOutcome>,
  { calls }: Caller,
): Response {
  const [clock, event] = [c.get("clock"), c.get("event")];
  const sinceMs = () => Math.max(0, Math.round(clock.nowMs() - c.get("startedMs")));
  const ended = Promise.withResolvers<void>();
  c.get("deferred").push(ended.promise);
  c.executionCtx.waitUntil(ended.promise);

  const response = streamSSE(c, async (stream) => {
    stream.onAbort(() => left.abort());
    let sent: Promise<unknown> = Promise.resolve();
    const send = ({ event: name, data }: AnalyzeEvent) => {
      sent = sent.then(() => stream.writeSSE({ event: name, data: JSON.stringify(data) }));
    };
    let shown = "";
    // What does not go on from what was shown is another summarizer's: `summary` will replace both.
    const progress: Progress = (soFar) => {
      if (soFar === shown || !soFar.startsWith(shown)) return;
      send({ event: "summary.delta", data: { text: soFar.slice(shown.length) } });
      shown = soFar;
    };
    const over = new AbortController();
    void beat(clock, over.signal, () => stream.write(":\n\n"));

    send({ event: "ranking", data: ranked });
    const summary = await write(progress).catch((error: unknown) => {
      event.set({ defect: error instanceof Error ? error.name : typeof error });
      return unwritten;
    });
    if (summary.written !== null) progress(summary.written.text);
    send({ event: "summary", data: toSummary(summary) });
    send({ event: "done", data: toDone({ usage: calls.bill, processingTimeMs: sinceMs() }) });

    const gone = aborted(left.signal);
    const flushed = await within(clock, flushMs, Promise.race([sent.then(() => true), gone]));
    if (flushed !== true) stream.abort();
    over.abort();
    const outcome = left.signal.aborted ? "cut" : "done";
    event.set({ ...summaryFields(summary), ...stageFields(ranking, summary, event.stages) });
    event.set({ stream: outcome, streamed_ms: sinceMs() });
    ended.resolve();
  });
  // As every answer to a POST; Hono's own word is no-cache, here and in what CORS has begun.
  c.header("Cache-Control", "no-store");
  response.headers.set("Cache-Control", "no-store");
  return response;
}

/** After a defect. */
const unwritten: SummaryOutcome = {
  written: null,
  themeIds: [],
  cache: { status: "miss", ageSeconds: null },
  attempts: [],
  reason: null,
};

/** Writes nothing but signs of life, one after the other. */
async function beat(clock: Clock, over: AbortSignal, write: () => Promise<unknown>): Promise<void> {
  for (;;) {
    await sleep(clock, heartbeatMs);
    if (over.aborted) return;
    await write();
  }
}

function aborted(signal: AbortSignal): Promise<false> {
  const { promise, resolve } = Promise.withResolvers<false>();
  if (signal.aborted) resolve(false);
  else signal.addEventListener("abort", () => resolve(false), { once: true });
  return promise;
}
