// The fakes keep their word: true shapes, and scores a test can foretell.
import { afterEach, describe, expect, test } from "vitest";
import blocked from "../fixtures/gemini-blocked.json" with { type: "json" };
import chatFixture from "../fixtures/vllm-chat.json" with { type: "json" };
import completionFixture from "../fixtures/vllm-completions.json" with { type: "json" };
import contextFixture from "../fixtures/vllm-error-context.json" with { type: "json" };
import geminiModelFixture from "../fixtures/gemini-error-404.json" with { type: "json" };
import geminiFixture from "../fixtures/gemini-scores.json" with { type: "json" };
import keyFixture from "../fixtures/gemini-error-400-key.json" with { type: "json" };
import listFixture from "../fixtures/llama-server-completions.json" with { type: "json" };
import modelFixture from "../fixtures/vllm-error-model.json" with { type: "json" };
import modelsFixture from "../fixtures/vllm-models.json" with { type: "json" };
import rerankFixture from "../fixtures/vllm-rerank.json" with { type: "json" };
import { startFakeGemini } from "./fake-gemini.ts";
import type { FakeGeminiOptions } from "./fake-gemini.ts";
import type { FakeServer } from "./fake-server.ts";
import { startFakeVllm } from "./fake-vllm.ts";
import type { FakeVllmOptions } from "./fake-vllm.ts";
import { expectedScore, readRatingPrompt, textBeside, themeOfKey } from "./overlap.ts";
import { ask, digits, json, post, prompts, text, themes } from "./rating-request.ts";

const running: FakeServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.close()));
});

async function vllm(options?: FakeVllmOptions) {
  const fake = await startFakeVllm(options);
  running.push(fake);
  return fake;
}
async function gemini(options?: FakeGeminiOptions) {
  const fake = await startFakeGemini(options);
  running.push(fake);
  return fake;
}

/** 100 · Σ p·value / (9 · Σ p) of a dict of digits. */
function scoreOf(top: Record<string, number>): number {
  const parts = digits.map((id, value) => ({ value, p: Math.exp(top[`token_id:${id}`] ?? NaN) }));
  const mass = parts.reduce((sum, { p }) => sum + p, 0);
  return (100 * parts.reduce((sum, { p, value }) => sum + p * value, 0)) / (9 * mass);
}

/** All paths of an object, arrays by their first element. */
function paths(value: unknown, at = ""): string[] {
  if (Array.isArray(value)) return paths(value[0], `${at}[]`);
  if (typeof value !== "object" || value === null) return [at];
  return Object.entries(value).flatMap(([key, inner]) => paths(inner, `${at}.${key}`));
}

describe("judgement", () => {
  test("a rating prompt is read back into text and theme, the system turn left out", () => {
    expect(readRatingPrompt(prompts[0] ?? "")).toEqual({ text, theme: themes[0] });
  });

  test("a theme whose words the text holds scores high, another low, no two the same", () => {
    expect(expectedScore(text, themes[0] ?? "")).toBeGreaterThan(70);
    expect(expectedScore(text, themes[1] ?? "")).toBeLessThan(10);
    expect(expectedScore(text, "Travel")).not.toBe(expectedScore(text, "Music"));
  });

  test("a listed key is read as its theme, and the list is no part of the text", () => {
    const prompt = `${text}\n1. Money - debts\n2. Health - doctors`;
    expect(themeOfKey("2", undefined, prompt)).toBe("Health - doctors");
    expect(textBeside(prompt, ["Money - debts", "Health - doctors"])).toBe(text);
  });
});

describe("fake vLLM", () => {
  test("completions have vLLM's shape, in prompt order, with the expected scores", async () => {
    const fake = await vllm();
    const body = await json(post(`${fake.url}/completions`, ask));
    const known = new Set(paths(completionFixture));
    expect(paths(body).filter((path) => !known.has(path))).toEqual([]);
    expect(body.choices.map(({ index }: { index: number }) => index)).toEqual([0, 1]);
    for (const [index, theme] of themes.entries()) {
      const top = body.choices[index].logprobs.top_logprobs[0];
      expect(Object.keys(top).length).toBeGreaterThanOrEqual(10);
      expect(scoreOf(top)).toBeCloseTo(fake.score(text, theme), 4);
    }
    expect(fake.promptCount).toBe(2);
    expect(body.usage.prompt_tokens_details.cached_tokens % 16).toBe(0);
    expect(body.usage.prompt_tokens_details.cached_tokens).toBeGreaterThan(0);
  });

  test("the score of a theme does not depend on the other prompts", async () => {
    const fake = await vllm();
    const both = await json(post(`${fake.url}/completions`, ask));
    const alone = await json(post(`${fake.url}/completions`, { ...ask, prompt: [prompts[1]] }));
    expect(alone.choices[0].logprobs).toEqual(both.choices[1].logprobs);
  });

  test("without token ids the keys are texts, without logprobs there are none", async () => {
    const fake = await vllm();
    const plain = { model: "theme-ranker", prompt: prompts[0], max_tokens: 1, logprobs: 20 };
    const top = (await json(post(`${fake.url}/completions`, plain))).choices[0].logprobs;
    expect(Object.keys(top.top_logprobs[0])).toEqual(expect.arrayContaining(["0", "9", "The"]));
    const none = await json(post(`${fake.url}/completions`, { ...plain, logprobs: null }));
    expect(none.choices[0].logprobs).toBeNull();
  });

  test("llama-server's shape is the list, with the usage of one prompt", async () => {
    const fake = await vllm({ shape: "llama-server" });
    const body = await json(post(`${fake.url}/completions`, ask));
    const known = new Set(paths(listFixture));
    expect(paths(body).filter((path) => !known.has(path))).toEqual([]);
    expect(body.choices[1].logprobs.content[0].top_logprobs).toHaveLength(10);
    expect(body.usage.completion_tokens).toBe(1);
  });

  test("a score hook decides, and yes/no rating tokens carry it as well", async () => {
    const ratingTokens = [
      { id: 2152, text: "no", value: 0 },
      { id: 9693, text: "yes", value: 9 },
    ];
    const fake = await vllm({ ratingTokens });
    fake.setScore((_, theme) => (theme.startsWith("Money") ? 80 : undefined));
    const asked = { ...ask, logprob_token_ids: [2152, 9693] };
    const body = await json(post(`${fake.url}/completions`, asked));
    const top = body.choices[0].logprobs.top_logprobs[0];
    const [no, yes] = [Math.exp(top["token_id:2152"]), Math.exp(top["token_id:9693"])];
    expect((100 * yes) / (yes + no)).toBeCloseTo(80, 4);
  });

  test("errors are vLLM's: key, model, context", async () => {
    const fake = await vllm({ apiKey: "secret", maxModelLen: 8192 });
    const denied = await post(`${fake.url}/completions`, ask);
    expect([denied.status, await denied.json()]).toEqual([401, { error: "Unauthorized" }]);
    const headers = { authorization: "Bearer secret" };
    const other = await post(`${fake.url}/completions`, { ...ask, model: "another" }, { headers });
    expect([other.status, await other.json()]).toEqual([404, modelFixture]);
    const long = { ...ask, prompt: ["x".repeat(40_000)] };
    const tooLong = await post(`${fake.url}/completions`, long, { headers });
    expect([tooLong.status, await tooLong.json()]).toEqual([400, contextFixture]);
    expect((await fetch(`${fake.baseUrl}/health`)).status).toBe(200);
  });

  test("chat answers a summary, or an integer for each key of a schema", async () => {
    const fake = await vllm();
    const messages = [
      { role: "system", content: `Rate the themes.\n1. ${themes[0]}\n2. ${themes[1]}` },
      { role: "user", content: text },
    ];
    const properties = { 1: { type: "integer" }, 2: { type: "integer" } };
    const response_format = { type: "json_schema", json_schema: { schema: { properties } } };
    const body = await json(post(`${fake.url}/chat/completions`, { messages, response_format }));
    const known = new Set(paths(chatFixture));
    expect(paths(body).filter((path) => !known.has(path))).toEqual([]);
    const scores = JSON.parse(body.choices[0].message.content) as Record<string, number>;
    expect(scores).toEqual({
      1: Math.round(expectedScore(text, themes[0] ?? "")),
      2: Math.round(expectedScore(text, themes[1] ?? "")),
    });
    const summary = await json(post(`${fake.url}/chat/completions`, { messages }));
    expect(summary.choices[0].message.content).toContain("I cannot pay the bills");
    const stream = await post(`${fake.url}/chat/completions`, { messages, stream: true });
    expect(await stream.text()).toMatch(/^data: \{.*\n\ndata: \[DONE\]\n\n$/s);
  });

  test("rerank is sorted and cut to top_n, models lists the served name", async () => {
    const fake = await vllm();
    const asked = { query: text, documents: themes.toReversed(), top_n: 0 };
    const body = await json(post(`${fake.url}/rerank`, asked));
    const known = new Set(paths(rerankFixture));
    expect(paths(body).filter((path) => !known.has(path))).toEqual([]);
    expect(body.results.map(({ index }: { index: number }) => index)).toEqual([1, 0]);
    const cut = await json(post(`${fake.url}/rerank`, { ...asked, top_n: 1 }));
    expect(cut.results).toHaveLength(1);
    const models = await json(fetch(`${fake.url}/models`));
    expect(Object.keys(models.data[0])).toEqual(Object.keys(modelsFixture.data[0] ?? {}));
    expect(models.data[0].id).toBe("theme-ranker");
  });

  test("an answer can be rewritten before it is sent", async () => {
    const fake = await vllm();
    fake.reshape = (body) => ({ ...(body as object), choices: [] });
    expect((await json(post(`${fake.url}/completions`, ask))).choices).toEqual([]);
  });
});

describe("fake Gemini", () => {
  const path = "/v1beta/models/gemini-3.5-flash-lite";
  const contents = [{ role: "user", parts: [{ text: `<text>\n${text}\n</text>` }] }];
  const config = (responseSchema: object) => ({
    contents,
    generationConfig: { responseMimeType: "application/json", responseSchema },
  });

  test("a schema of integers gets one for each key, by its description", async () => {
    const fake = await gemini();
    const properties = {
      t1: { type: "integer", description: "Money - debts and paying bills" },
      t2: { type: "integer", description: "Health" },
    };
    const asked = config({ type: "object", properties });
    const body = await json(post(`${fake.url}${path}:generateContent`, asked));
    const known = new Set(paths(geminiFixture));
    expect(paths(body).filter((at) => !known.has(at))).toEqual([]);
    const scores = JSON.parse(body.candidates[0].content.parts[0].text) as Record<string, number>;
    expect(Object.keys(scores)).toEqual(["t1", "t2"]);
    expect(scores["t1"]).toBeGreaterThan((scores["t2"] ?? 0) + 50);
    expect(body.modelVersion).toBe("gemini-3.5-flash-lite");
    expect(fake.callCount).toBe(1);
  });

  test("a list of id and score is filled from the enum, nested or not", async () => {
    const fake = await gemini();
    const id = { type: "STRING", enum: ["Money", "Health"] };
    const items = { type: "OBJECT", properties: { id, score: { type: "INTEGER" } } };
    const list = { type: "ARRAY", items };
    for (const schema of [list, { type: "OBJECT", properties: { scores: list } }]) {
      const body = await json(post(`${fake.url}${path}:generateContent`, config(schema)));
      const value = JSON.parse(body.candidates[0].content.parts[0].text);
      const rows = Array.isArray(value) ? value : value.scores;
      expect(rows.map((row: { id: string }) => row.id)).toEqual(["Money", "Health"]);
      expect(rows[0].score).toBeGreaterThan(rows[1].score);
    }
  });

  test("a plain request streams a summary as server-sent events", async () => {
    const fake = await gemini({ chunkDelayMs: 5 });
    const response = await post(`${fake.url}${path}:streamGenerateContent?alt=sse`, { contents });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = (await response.text())
      .split("\r\n\r\n")
      .filter((event) => event !== "")
      .map((event) => JSON.parse(event.replace("data: ", "")));
    expect(events).toHaveLength(3);
    const words = events.map((event) => event.candidates[0].content.parts[0].text).join("");
    expect(words).toBe("In short: I cannot pay the bills and my money is gone.");
    expect(events.map((event) => event.candidates[0].finishReason)).toEqual([
      undefined,
      undefined,
      "STOP",
    ]);
  });

  test("errors are Google's: a wrong key is a 400, a withdrawn model a 404", async () => {
    const fake = await gemini({ apiKey: "key", unknownModels: ["gemini-1.5-flash"] });
    const denied = await post(`${fake.url}${path}:generateContent`, { contents });
    expect([denied.status, await denied.json()]).toEqual([400, keyFixture]);
    const gone = await post(
      `${fake.url}/v1beta/models/gemini-1.5-flash:generateContent`,
      { contents },
      { headers: { "x-goog-api-key": "key" } },
    );
    expect([gone.status, await gone.json()]).toEqual([404, geminiModelFixture]);
  });

  test("a fixture can be the answer", async () => {
    const fake = await gemini();
    fake.fault = { kind: "body", body: blocked };
    expect(await json(post(`${fake.url}${path}:generateContent`, { contents }))).toEqual(blocked);
  });
});
