// The upstream of every contender: a process of its own that answers after a fixed delay, from bytes
// made beforehand.
//   node test/bench/gateway/upstream.ts PORT DELAY_MS
// GET tells what it has received: `{"requests": N, "bytes": N}`, bodies alone.
import { createServer } from "node:http";

const [port = "0", delay = "0"] = process.argv.slice(2);
const delayMs = Number(delay);

/** As vLLM 0.32 answers a prompt of which the ten digits' logprobs were asked for. */
const choice = (index: number) => ({
  index,
  text: "7",
  logprobs: {
    text_offset: [0],
    token_logprobs: [-0.4],
    tokens: ["token_id:22"],
    top_logprobs: [
      Object.fromEntries(
        Array.from({ length: 10 }, (_, digit) => [
          `token_id:${15 + digit}`,
          -0.4 - Math.abs(digit - (index % 10)),
        ]),
      ),
    ],
  },
  finish_reason: "length",
  stop_reason: null,
  token_ids: null,
  prompt_logprobs: null,
  prompt_token_ids: null,
});
const choices = Array.from({ length: 500 }, (_, index) => JSON.stringify(choice(index)));
const completion = (count: number) =>
  `{"id":"cmpl-1","object":"text_completion","created":1790000000,"model":"theme-ranker","choices":[${choices.slice(0, count).join(",")}],"service_tier":null,"system_fingerprint":null,"usage":{"prompt_tokens":9000,"total_tokens":9024,"completion_tokens":${count},"prompt_tokens_details":null},"kv_transfer_params":null}`;

const answer = (text: string) =>
  JSON.stringify({
    candidates: [{ content: { parts: [{ text }], role: "model" }, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount: 900, candidatesTokenCount: 90, totalTokenCount: 990 },
    modelVersion: "gemini-3.5-flash-lite",
  });
const scores = (count: number) =>
  answer(
    JSON.stringify(
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i + 1}`, (i * 37) % 101])),
    ),
  );
const words = "The writer counts what is owed and is afraid of the next bill .".split(" ");

const received = { requests: 0, bytes: 0 };
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (request.method === "GET") {
      response.end(JSON.stringify(received));
      return;
    }
    const bytes = Buffer.concat(chunks);
    received.requests += 1;
    received.bytes += bytes.length;
    const body = bytes.toString();
    const url = request.url ?? "";
    setTimeout(() => {
      if (url.includes("streamGenerateContent")) {
        response.writeHead(200, { "content-type": "text/event-stream" });
        for (const word of words) response.write(`data: ${answer(`${word} `)}\r\n\r\n`);
        response.end();
        return;
      }
      const text = url.includes("generateContent")
        ? body.includes("responseSchema")
          ? scores((body.match(/"t\d+":\{/g) ?? []).length)
          : answer(words.join(" "))
        : completion((JSON.parse(body) as { prompt: string[] }).prompt.length);
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      });
      response.end(text);
    }, delayMs);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
