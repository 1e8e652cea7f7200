// A gateway that answers what a test tells it to: what the client and its command meet.
import type { RankAnswer, Summary } from "../../gateway/client/api.ts";
import { FakeServer, type RecordedRequest } from "./fake-server.ts";
import { jsonAnswer, type Answer } from "./fault.ts";

export class FakeGateway extends FakeServer {
  /** What each request is answered; the last holds for all that follow. */
  answers: ((request: RecordedRequest) => Answer)[] = [() => jsonAnswer(200, ranking())];

  protected answer(request: RecordedRequest): Answer {
    const next = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    return next?.(request) ?? jsonAnswer(200, ranking());
  }
}

/** The labels, ranked in this order from 90 points down. */
export function ranking(labels: readonly string[] = ["Money", "Sleep"]): RankAnswer {
  return {
    id: "req_1",
    themes: labels.map((label, index) => ({
      id: label,
      label,
      score: Math.max(0, 90 - 10 * index),
      rank: index + 1,
      confidence: null,
    })),
    source: "origin",
    model: "a-model",
    degraded: false,
    reason: null,
    cache: { status: "miss", known: 0, ranked: labels.length, age_s: null },
    attempts: [{ source: "origin", outcome: "ok", reason: null, duration_ms: 7 }],
    usage: {
      prompt_tokens: null,
      completion_tokens: null,
      cost_usd: null,
      saved_usd: 0,
      calls: [],
    },
    processing_time_ms: 9,
  };
}

export function summaryOf(text: string): Summary {
  return {
    text,
    status: "complete",
    source: "gemini",
    model: "a-writer",
    theme_ids: ["Money"],
    cache: { status: "miss", age_s: null },
    reason: null,
  };
}

export function problemAnswer(
  status: number,
  fields: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Answer {
  const problem = {
    type: "/problems/a-problem",
    title: "A problem",
    status,
    detail: "What it is.",
    instance: "urn:themerank:request:req_1",
    request_id: "req_1",
    retryable: status === 429 || status === 503,
    ...fields,
  };
  const chunks = [JSON.stringify(problem)];
  const all = { "content-type": "application/problem+json", "x-request-id": "req_1", ...headers };
  return { status, headers: all, chunks, chunkDelayMs: 0 };
}

/** An event stream of these pieces, each sent by itself. */
export function streamAnswer(chunks: readonly string[], chunkDelayMs = 0): Answer {
  return { status: 200, headers: { "content-type": "text/event-stream" }, chunks, chunkDelayMs };
}

export const event = (name: string, data: unknown): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
