// One analysis at the client: when the ranking, the first words and the whole summary are there.
import { readEvents } from "../../support/server-sent-events.ts";

export interface Timed {
  /** Milliseconds from the sending on; of a plain answer all the same moment, its end. */
  readonly rankingMs: number;
  readonly firstWordsMs: number;
  readonly summaryMs: number;
  /** Who ranked and who wrote, and what the caches and the circuit had to do with it. */
  readonly by: By;
}

export interface By {
  readonly source: string;
  readonly reason: string | null;
  readonly cache: string;
  readonly summarySource: string | null;
  readonly summaryCache: string;
}

interface Ranking {
  readonly source: string;
  readonly reason: string | null;
  readonly cache: { readonly status: string };
}
interface Summary {
  readonly source: string | null;
  readonly cache: { readonly status: string };
}

export type Encoding = "events" | "json";

/** @throws where the answer is not 200, or the stream ends early */
export async function analyse(url: string, body: string, encoding: Encoding): Promise<Timed> {
  const startedMs = performance.now();
  const response = await fetch(`${url}/v1/analyze`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: encoding === "events" ? "text/event-stream" : "application/json",
    },
    body,
  });
  if (response.status !== 200 || response.body === null)
    throw new Error(`status ${response.status}: ${await response.text()}`);
  if (encoding === "events") return readStream(response.body, startedMs);
  const answer = (await response.json()) as Ranking & { readonly summary: Summary };
  const allMs = performance.now() - startedMs;
  const by = byOf(answer, answer.summary);
  return { rankingMs: allMs, firstWordsMs: allMs, summaryMs: allMs, by };
}

async function readStream(body: ReadableStream<Uint8Array>, startedMs: number): Promise<Timed> {
  const seenMs = new Map<string, number>();
  let ranking: Ranking | null = null;
  let summary: Summary | null = null;
  for await (const { event, data, atMs } of readEvents(body)) {
    if (!seenMs.has(event)) seenMs.set(event, atMs - startedMs);
    if (event === "ranking") ranking = data as Ranking;
    if (event === "summary") summary = data as Summary;
  }
  const at = (event: string) => seenMs.get(event) ?? Number.NaN;
  if (ranking === null || summary === null || !seenMs.has("done"))
    throw new Error("the stream ended early");
  return {
    rankingMs: at("ranking"),
    firstWordsMs: at("summary.delta"),
    summaryMs: at("summary"),
    by: byOf(ranking, summary),
  };
}

function byOf({ source, reason, cache }: Ranking, summary: Summary): By {
  return {
    source,
    reason,
    cache: cache.status,
    summarySource: summary.source,
    summaryCache: summary.cache.status,
  };
}
