// A real origin that fails: each time the next ranker within the deadline, the right reason, and back.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import life from "../../gateway/samples/life.json" with { type: "json" };
import { startFakeGemini, type FakeGemini } from "../support/fake-gemini.ts";
import { ask, type Stack } from "../support/stack.ts";
import { openPassage } from "./passage.ts";
import { startGateway, type Answer } from "./gateway-stack.ts";
import { sharedServer } from "./shared-server.ts";

const vllm = sharedServer();
const themes = life.slice(0, 4);
const stacks: Stack[] = [];
let gemini: FakeGemini;
let gateway: Stack;
let count = 0;

/** A text that no cache knows. */
const fresh = () => `Day ${(count += 1)}: the rent is late and I lie awake.`;

const start = async (settings: Readonly<Record<string, string>> = {}, flags: string[] = []) => {
  const stack = await startGateway(
    vllm,
    { GEMINI_API_KEY: "a-key", GEMINI_BASE_URL: gemini.url, ...settings },
    flags,
  );
  stacks.push(stack);
  return stack;
};

const rank = (stack: Stack, body: object = {}) =>
  ask<Answer>(stack.url, "/v1/rank", { text: fresh(), themes, timeout_ms: 30_000, ...body });

beforeAll(async () => {
  gemini = await startFakeGemini();
  gateway = await start();
});
afterAll(async () => {
  await Promise.all(stacks.map((stack) => stack.stop()));
  await gemini.close();
});

describe("an origin that refuses", () => {
  it("for its model's name is origin_model, for its key origin_auth", async () => {
    const wrongModel = await start({ ORIGIN_MODEL: "no-such-model" });
    expect(await rank(wrongModel)).toMatchObject({ source: "gemini", reason: "origin_model" });
    const wrongKey = await start({ ORIGIN_API_KEY: "not-the-key" });
    expect(await rank(wrongKey)).toMatchObject({ source: "gemini", reason: "origin_auth" });
  });

  it("for a text over its context is origin_context", async () => {
    const long = "The rent is late and I lie awake. ".repeat(400);
    expect(await rank(gateway, { text: long })).toMatchObject({
      source: "gemini",
      reason: "origin_context",
    });
  });
});

describe("an origin that stops", () => {
  it("answering (SIGSTOP) is a timeout within the caller's budget; resumed, it serves again", async () => {
    expect(await rank(gateway)).toMatchObject({ source: "origin" });
    await vllm.freeze();
    try {
      const hurried = await start({ ORIGIN_TIMEOUT_MS: "1000" });
      const startedMs = performance.now();
      const answer = await rank(hurried, { timeout_ms: 4_000 });
      expect(answer).toMatchObject({ source: "gemini", degraded: true, reason: "origin_timeout" });
      expect(performance.now() - startedMs).toBeLessThan(4_200);
    } finally {
      await vllm.thaw();
    }
    expect(await rank(gateway)).toMatchObject({ source: "origin", degraded: false });
  });

  it("in the middle of a request (SIGKILL) is unreachable; restarted, it serves again", async () => {
    const passage = await openPassage(vllm.port);
    const through = await start({}, ["--origin", passage.url]);
    const pending = rank(through, { themes: life });
    await passage.requestPassed;
    await vllm.kill();
    expect(await pending).toMatchObject({ source: "gemini", reason: "origin_unreachable" });
    await passage.close();
    expect(await rank(gateway)).toMatchObject({ source: "gemini", reason: "origin_unreachable" });
    await vllm.restart();
    expect(await rank(gateway)).toMatchObject({ source: "origin", degraded: false });
  });
});

describe("a caller's deadline", () => {
  it("closes the socket, and vLLM drops the work", async () => {
    // Several steps of the engine long, so that its gauge has a say before and after.
    const many = Array.from(
      { length: 100 },
      (_, i) => `A theme of many that nobody knows, number ${i}`,
    );
    const startedMs = performance.now();
    const pending = rank(gateway, { text: fresh().repeat(8), themes: many, timeout_ms: 2_000 });
    expect((await pending).source).not.toBe("origin");
    const waitedMs = performance.now() - startedMs;
    expect(waitedMs).toBeLessThan(2_200);
    await expect
      .poll(
        async () => {
          const metrics = await vllm.metrics();
          return [
            metrics.get("vllm:num_requests_running"),
            metrics.get("vllm:num_requests_waiting"),
          ];
        },
        { timeout: 30_000 },
      )
      .toEqual([0, 0]);
    expect(await rank(gateway)).toMatchObject({ source: "origin" });
  });
});

describe("all-local", () => {
  it("summarises by chat completions of the origin; nothing leaves the house", async () => {
    const before = gemini.requests.length;
    const local = await start({ GEMINI_API_KEY: "" });
    // Ranked before, and on one theme: a caller's 30 s are for what two cores take to write.
    const body = { text: fresh(), themes };
    await rank(local, body);
    const answer = await ask<Answer>(local.url, "/v1/analyze", {
      ...body,
      timeout_ms: 30_000,
      summary: { max_themes: 1 },
    });
    expect(answer).toMatchObject({
      source: "origin",
      summary: { status: "complete", source: "origin" },
    });
    expect(answer.summary.text.length).toBeGreaterThan(10);
    expect(gemini.requests.length).toBe(before);
  });
});

describe("the dialect chat", () => {
  it("ranks on the real chat endpoint, as a set", async () => {
    const chat = await start({}, ["--dialect", "chat"]);
    // With nobody behind it but words, it has the whole budget: a list takes long on two cores.
    const answer = await rank(chat, { themes: themes.slice(0, 2), sources: ["origin", "lexical"] });
    expect(answer).toMatchObject({ source: "origin", degraded: false });
    expect(answer.themes).toHaveLength(2);
    expect(answer.themes[0]?.confidence).toBeNull();
  });
});
