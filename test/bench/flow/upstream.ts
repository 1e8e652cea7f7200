// Origin, Gemini, KV and the old flow's model in one process of their own, each as slow as it is told.
//   node test/bench/flow/upstream.ts PORT PACE
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { completionChoice } from "../../support/completion-choice.ts";
import { llamaDigits } from "../../support/rating-tokens.ts";
import { chatStream, usage } from "../../support/vllm-answers.ts";
import type { Pace } from "./delays.ts";

const [port = "0", told = "{}"] = process.argv.slice(2);
const pace = JSON.parse(told) as Pace;

const summary =
  "The writer has counted the debts at last and told a partner, whose silence was harder to bear " +
  "than anger. The salary covers the minimum payments and the rent and leaves little for the week, " +
  "so the sums go on in bed at night. Tomorrow both want to sit down with the bank statements and " +
  "write one budget. What frightens most is not the money itself but how well it had been hidden, " +
  "and that trust will take longer to repay than any loan.";
const words = summary.match(/\s*\S+/g) ?? [];

const options = {
  shape: "vllm",
  ratings: llamaDigits,
  coverage: 0.97,
  logprobs: 10,
  tokenIds: llamaDigits.map(({ id }) => id),
  asTokenIds: true,
} as const;
const base = { id: "cmpl-1", created: 1_795_000_000, model: "theme-ranker" };
const choices = Array.from({ length: 128 }, (_, index) =>
  completionChoice(index, (index * 37) % 101, options),
);

/** A GenerateContentResponse, or the last one of a stream. */
const generated = (text: string, last = true) =>
  JSON.stringify({
    candidates: [
      { content: { parts: [{ text }], role: "model" }, ...(last && { finishReason: "STOP" }) },
    ],
    usageMetadata: {
      promptTokenCount: 891,
      ...(last && { candidatesTokenCount: 120 }),
      totalTokenCount: 1_011,
    },
    modelVersion: "gemini-3.5-flash-lite",
  });
const list = (count: number) =>
  JSON.stringify(
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i + 1}`, (i * 37) % 101])),
  );

const kept = new Map<string, Buffer>();
/** Operations of KV by the gateway that asked. */
const counts: Record<string, { reads: number; writes: number }> = {};

const json = (response: ServerResponse, text: string) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(text);
};

/** Writes `chunks` evenly between two moments, both ms from now. */
async function paced(
  response: ServerResponse,
  chunks: readonly string[],
  fromMs: number,
  toMs: number,
): Promise<void> {
  const startedMs = performance.now();
  for (const [index, chunk] of chunks.entries()) {
    const dueMs = fromMs + ((toMs - fromMs) * index) / Math.max(1, chunks.length - 1);
    await wait(Math.max(0, startedMs + dueMs - performance.now()));
    if (index === 0) response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk);
  }
  response.end();
}

/** Workers KV's own protocol towards a namespace. */
async function kv(request: IncomingMessage, body: Buffer, response: ServerResponse, who: string) {
  const key = decodeURIComponent((request.url ?? "/").split("?")[0] ?? "");
  const count = (counts[who] ??= { reads: 0, writes: 0 });
  if (request.method === "PUT") {
    count.writes += 1;
    kept.set(key, body);
    response.end();
    return;
  }
  count.reads += 1;
  const value = kept.get(key);
  await wait(value === undefined ? pace.kvAbsentMs : pace.kvHotMs);
  response.writeHead(value === undefined ? 404 : 200);
  response.end(value);
}

async function origin(name: string, path: string, body: Buffer, response: ServerResponse) {
  const card = pace.cards[name];
  if (card === undefined) return; // it hangs
  const asked = JSON.parse(body.toString()) as { prompt: string[]; stream?: boolean };
  await wait(pace.tunnelMs);
  if (path === "completions") {
    await wait(card.rankMs);
    const count = asked.prompt.length;
    json(
      response,
      JSON.stringify({
        ...base,
        object: "text_completion",
        choices: choices.slice(0, count),
        usage: usage(9_000, count),
      }),
    );
  } else if (asked.stream === true) {
    const { chunks } = chatStream(base, summary, usage(483, 120));
    await paced(response, chunks, card.firstMs, card.summaryMs);
  } else {
    await wait(card.summaryMs);
    const message = { role: "assistant", content: summary };
    const choice = { index: 0, message, finish_reason: "stop" };
    json(response, JSON.stringify({ ...base, choices: [choice], usage: usage(483, 120) }));
  }
}

async function gemini(task: string, body: Buffer, response: ServerResponse) {
  if (task === "streamGenerateContent") {
    const size = Math.ceil(words.length / pace.geminiEvents);
    const parts = Array.from({ length: pace.geminiEvents }, (_, index) =>
      words.slice(index * size, (index + 1) * size).join(""),
    );
    const chunks = parts.map(
      (text, index) => `data: ${generated(text, index === parts.length - 1)}\r\n\r\n`,
    );
    await paced(response, chunks, pace.geminiFirstMs, pace.geminiSummaryMs);
    return;
  }
  const keys = body.toString().match(/"t\d+":\{/g) ?? [];
  await wait(keys.length > 0 ? pace.geminiListMs : pace.geminiSummaryMs);
  json(response, generated(keys.length > 0 ? list(keys.length) : summary));
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  const url = new URL(request.url ?? "/", "http://upstream");
  const who = request.headers["x-gateway"];
  if (typeof who === "string") return kv(request, body, response, who);
  const [, card = "", path = ""] = /^\/(\w+)\/v1\/(completions|chat\/completions)$/.exec(
    url.pathname,
  ) ?? ["", "", ""];
  const task = /:(\w*[gG]enerateContent)$/.exec(url.pathname)?.[1];
  if (path !== "") await origin(card, path, body, response);
  else if (task !== undefined) await gemini(task, body, response);
  else if (url.pathname === "/old") {
    await wait(Number(url.searchParams.get("ms")));
    json(response, "{}");
  } else json(response, JSON.stringify(counts));
}

const server = createServer((request, response) => {
  // Who has left is told nothing more.
  serve(request, response).catch(() => response.destroy());
});
server.keepAliveTimeout = 120_000;
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
