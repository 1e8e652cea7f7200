// The Gemini adapter against Google itself; records what it answered as fixtures.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { writeFileSync } from "node:fs";
import life from "../../gateway/samples/life.json" with { type: "json" };
import texts from "../../gateway/samples/texts.json" with { type: "json" };
import { parseConfig } from "../../gateway/config.ts";
import { createGeminiApi } from "../../gateway/models/gemini.ts";
import { createGeminiRanker } from "../../gateway/rank/gemini-ranker.ts";
import { createDeadline } from "../../gateway/resilience/deadline.ts";
import { createGeminiSummarizer } from "../../gateway/summarize/gemini-summarizer.ts";
import { realClock } from "../support/real-clock.ts";

const google = "https://generativelanguage.googleapis.com";
const budgetMs = 30_000;

const config = parseConfig(process.env);
if (!config.ok)
  throw new Error(config.failure.map(({ name, detail }) => `${name} ${detail}`).join());
const { GEMINI_API_KEY: apiKey, GEMINI_BASE_URL: baseUrl, GEMINI_MODELS: models } = config.value;

if (apiKey === "") {
  console.log("NOT RUN: test:live (GEMINI_API_KEY is not set)");
} else {
  process.exitCode = await run();
}

async function run(): Promise<number> {
  const recorder = await startRecorder(baseUrl || google);
  const alarm = (reason: string, status: number) => console.log(`alarm: ${reason} ${status}`);
  const api = createGeminiApi({ apiKey, baseUrl: recorder.url, models, alarm });
  const within = () => createDeadline(realClock, Date.now(), budgetMs);
  const text = texts[0]?.text ?? "";
  let failed = 0;
  const report = (name: string, good: boolean, detail: string) => {
    if (!good) failed += 1;
    console.log(`${good ? "ok    " : "FAILED"} ${name}: ${detail}`);
  };

  const ranker = createGeminiRanker(api, { models, timeoutMs: budgetMs });
  const ranking = await ranker.rank({ text, themes: life }, within());
  if (ranking.ok) {
    const best = ranking.value.scores.reduce(
      (a, b, i, all) => (b.value > (all[a]?.value ?? -1) ? i : a),
      0,
    );
    const label = life[best]?.label ?? "";
    report("ranks 24 themes", label === "Money", `${label} first, by ${ranking.value.model}`);
    recorder.write("gemini-live-scores.json");
  } else report("ranks 24 themes", false, ranking.failure.reason);

  const summarizer = createGeminiSummarizer(api, { models, timeoutMs: budgetMs });
  const summary = await summarizer.summarize(
    { text, themes: life.slice(0, 3), language: null },
    within(),
  );
  if (summary.ok) {
    report("summarises", summary.value.text.length > 40, `${summary.value.text.length} characters`);
    recorder.write("gemini-live-summary.json");
  } else report("summarises", false, summary.failure.reason);

  let parts = 0;
  const read = await summarizer.summarize(
    { text, themes: life.slice(0, 3), language: null },
    within(),
    () => (parts += 1),
  );
  if (read.ok) {
    report("summarises as a stream", parts > 0, `heard ${parts} times`);
    recorder.write("gemini-live-stream.txt");
  } else report("summarises as a stream", false, read.failure.reason);

  const wrong = createGeminiApi({ apiKey: "no-such-key", baseUrl: recorder.url, models, alarm });
  const refused = await createGeminiRanker(wrong, { models, timeoutMs: budgetMs }).rank(
    { text, themes: life },
    within(),
  );
  report(
    "a wrong key fails as data",
    !refused.ok,
    refused.ok ? "answered" : refused.failure.reason,
  );
  recorder.write("gemini-live-error-key.json");
  await recorder.close();
  return failed === 0 ? 0 : 1;
}

/** Passes requests on and keeps the last answer's body; the key never gets into it. */
async function startRecorder(target: string) {
  let last = "";
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const answer = await fetch(`${target}${request.url ?? ""}`, {
        method: request.method ?? "POST",
        headers: {
          "content-type": "application/json",
          "x-goog-api-key": String(request.headers["x-goog-api-key"]),
        },
        body: Buffer.concat(chunks),
      });
      last = await answer.text();
      response.writeHead(answer.status, { "content-type": "application/json" }).end(last);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    write(name: string) {
      writeFileSync(new URL(`../fixtures/${name}`, import.meta.url), `${last.trim()}\n`);
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
