// Debian's nginx with the shipped configuration, in front of the real vLLM: what passes and what does not.
import { execFile } from "node:child_process";
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareTools } from "../infra/tools.ts";
import { readPreset } from "../presets/read-preset.ts";
import { startProxy, type Proxy } from "../support/nginx.ts";
import { rawRequest } from "../support/raw-http.ts";
import { ask } from "../support/stack.ts";
import { preset, startGateway, type Answer } from "./gateway-stack.ts";
import { digitTokenIds } from "./server.ts";
import { sharedServer } from "./shared-server.ts";

const { missing } = await prepareTools(["nginx"], { build: false, log: console.log });
const absent = missing.get("nginx")?.why;
if (absent !== undefined) console.log(`NOT RUN: the proxy before vLLM (${absent})`);

const vllm = sharedServer();
const connections = Number(readPreset(preset)["PROXY_CONNECTIONS"]);
const bearer = `Authorization: Bearer ${vllm.apiKey}`;
const json = "Content-Type: application/json";
const ranking = (themes = 1) =>
  JSON.stringify({
    model: "theme-ranker",
    prompt: Array.from({ length: themes }, (_, n) => `Is this about theme ${n}? I am in debt. `),
    max_tokens: 1,
    temperature: 0,
    logprobs: digitTokenIds.length,
    logprob_token_ids: digitTokenIds,
  });
const chat = JSON.stringify({
  model: "theme-ranker",
  messages: [{ role: "user", content: "Say yes." }],
  max_tokens: 2,
});

describe.skipIf(absent !== undefined)("the proxy in front of vLLM", () => {
  let proxy: Proxy;
  beforeAll(async () => {
    proxy = await startProxy({
      ranker: `127.0.0.1:${vllm.port}`,
      apiKey: vllm.apiKey,
      connections,
    });
  });
  afterAll(() => proxy?.stop());

  const send = (line: string, body = "") =>
    rawRequest(proxy.port, `${line} HTTP/1.1`, [bearer, json], body);

  it("lets a ranking, a chat, the models and the health pass", async () => {
    expect((await send("POST /v1/completions", ranking())).body).toContain('"top_logprobs":[{');
    expect((await send("POST /v1/chat/completions", chat)).body).toContain('"role":"assistant"');
    expect((await send("GET /v1/models")).body).toContain('"id":"theme-ranker"');
    expect((await send("GET /health")).status).toBe(200);
  });

  it("serves the gateway", async () => {
    const gateway = await startGateway({ ...vllm, url: `${proxy.url}/v1` });
    try {
      const answer = await ask<Answer>(gateway.url, "/v1/rank", {
        text: "The rent is late and I lie awake.",
        themes: ["Money", "Sleep"],
        timeout_ms: 30_000,
      });
      expect(answer).toMatchObject({ source: "origin", degraded: false });
    } finally {
      await gateway.stop();
    }
  });

  it.each([
    "POST /invocations",
    "POST /tokenize",
    "POST /detokenize",
    "GET /metrics",
    "POST /update_weights",
    "POST /pause",
    "GET /docs",
    "GET /openapi.json",
    "GET /version",
    "POST /v1/responses",
    "POST /v1/embeddings",
    "POST //v1/completions",
    "POST /v1//completions",
    "POST /v1/completions/",
    "POST /v1/./completions",
    "POST /v1/../v1/completions",
    "POST /v1%2fcompletions",
    "POST /v1%2Fcompletions",
    "POST /v1/%63ompletions",
    "POST /v1/%2e/completions",
    "POST /v1/completions%00",
    "POST /V1/completions",
    "POST /v1/Completions",
    "POST /v1/completions?x=1",
    "POST /v1/completions;/../../metrics",
    "POST /v1/completions/../../tokenize",
    "POST /v1/completions%2f..%2f..%2ftokenize",
    "POST http://127.0.0.1/v1/completions",
    "POST http://ranker/v1/completions",
    "GET http://ranker/metrics",
    "GET /v1/completions",
    "PUT /v1/completions",
    "OPTIONS /v1/completions",
    "POST /v1/models",
    "HEAD /health",
    "post /v1/completions",
  ])("does not know %s, with the key", async (line) => {
    const { status } = await send(line, ranking());
    expect([400, 404, 405]).toContain(status);
  });

  it("knows HTTP/1.1 alone", async () => {
    const old = await rawRequest(proxy.port, "POST /v1/completions HTTP/1.0", [bearer], ranking());
    expect(old.status).toBe(404);
  });

  it("answers 503 with Retry-After when as many rankings run as the preset lets in", async () => {
    await vllm.freeze();
    const sent = Array.from({ length: connections + 1 }, () =>
      send("POST /v1/completions", ranking()),
    );
    try {
      const refused = await Promise.race(sent);
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    } finally {
      await vllm.thaw();
    }
    const statuses = (await Promise.all(sent)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(connections);
    expect((await send("POST /v1/completions", ranking())).status).toBe(200);
  });

  it("passes the shipped smoke script", async () => {
    const smoke = fileURLToPath(new URL("../../gpu-origin/bin/smoke", import.meta.url));
    const { stdout } = await promisify(execFile)("sh", [smoke, proxy.url], {
      env: { PATH: process.env["PATH"] ?? "", VLLM_API_KEY: vllm.apiKey },
    });
    expect(stdout).not.toContain("FAILED");
    expect(stdout.trim().split("\n")).toHaveLength(11);
  });

  it("logs the path, the status and the times of a request, and nothing it says", async () => {
    const word = "Quixotic";
    await send("POST /v1/completions", ranking().replace("debt", word));
    await send(`GET /v1/models?text=${word}`);
    const events = proxy.log().trim().split("\n");
    expect(events.join("\n")).not.toContain(word);
    expect(events.join("\n")).not.toContain(vllm.apiKey);
    expect(JSON.parse(events.at(-2) ?? "")).toMatchObject({
      route: "/v1/completions",
      status: 200,
      seconds: expect.any(Number) as number,
    });
  });
});

describe.skipIf(absent !== undefined)("what the proxy refuses", () => {
  let proxy: Proxy;
  let behind: Server;
  const reached: Socket[] = [];
  beforeAll(async () => {
    behind = createServer((socket) => {
      reached.push(socket);
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    await new Promise<void>((resolve) => behind.listen(0, "127.0.0.1", resolve));
    const { port } = behind.address() as AddressInfo;
    proxy = await startProxy({ ranker: `127.0.0.1:${port}`, apiKey: vllm.apiKey, connections });
  });
  afterAll(async () => {
    await proxy?.stop();
    behind?.close();
  });

  it.each([
    ["no key", []],
    ["another key", ["Authorization: Bearer not-the-key"]],
    ["a key cut short", [bearer.slice(0, -1)]],
    ["a key with more behind it", [`${bearer}x`]],
    ["the key in other case", [bearer.toUpperCase()]],
    ["the key as Basic", [bearer.replace("Bearer", "Basic")]],
    ["an empty key", ["Authorization: Bearer "]],
    ["a second key", [bearer, "Authorization: Bearer not-the-key"]],
  ])("%s is 401 or 400 on every path and reaches nothing", async (_, headers) => {
    const before = reached.length;
    for (const line of ["POST /v1/completions", "GET /v1/models", "GET /health", "GET /metrics"]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, to count what arrives
      const { status } = await rawRequest(proxy.port, `${line} HTTP/1.1`, headers, ranking());
      expect(status === 401 || (headers.length > 1 && status === 400)).toBe(true);
    }
    expect(reached.length).toBe(before);
  });

  it("a body of 5 MiB is 413 and reaches nothing; one of 3 MiB passes", async () => {
    const before = reached.length;
    const line = "POST /v1/completions HTTP/1.1";
    const mebibytes = (count: number) => "x".repeat(count * 1024 * 1024);
    expect((await rawRequest(proxy.port, line, [bearer], mebibytes(5))).status).toBe(413);
    expect(reached.length).toBe(before);
    expect((await rawRequest(proxy.port, line, [bearer], mebibytes(3))).status).toBe(200);
    expect(reached.length).toBe(before + 1);
  });

  it("lets a rerank request pass, for origins that speak it", async () => {
    const before = reached.length;
    const { status } = await rawRequest(proxy.port, "POST /v1/rerank HTTP/1.1", [bearer], "{}");
    expect(status).toBe(200);
    expect(reached.length).toBe(before + 1);
  });
});
