// Privacy of the real `npm start`: nothing that a caller sends is printed, whatever becomes of it.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { described } from "../support/document-check.ts";
import { startFakeGemini, type FakeGemini } from "../support/fake-gemini.ts";
import { eventsIn } from "../support/event-lines.ts";
import { startFakeVllm, type FakeVllm } from "../support/fake-vllm.ts";
import { startStack, type Stack } from "../support/stack.ts";

const canaries = ["quillfeather", "mossgatekeeper", "thornapplejuice", "tr_live_saltmarshkey"];
const [text, label, description, key] = canaries;
const quoting = { error: { code: 500, message: canaries.join(" ") } };

let gemini: FakeGemini;
let vllm: FakeVllm;
let stack: Stack;

beforeAll(async () => {
  gemini = await startFakeGemini();
  vllm = await startFakeVllm();
  stack = await startStack(["--origin", vllm.url], {
    GEMINI_API_KEY: "a-key",
    GEMINI_BASE_URL: gemini.url,
    GEMINI_DAILY_CALLS: "3",
  });
});

afterAll(async () => {
  await stack?.stop();
  await Promise.all([gemini?.close(), vllm?.close()]);
});

const ask = async (change: object, path = "/v1/analyze", type = "application/json") => {
  const body = { text: `Debt and ${text}.`, themes: [{ label, description }], ...change };
  const headers = { "content-type": type, authorization: `Bearer ${key}` };
  const given = { method: "POST", headers, body: JSON.stringify(body) };
  const url = `${stack.url}${path}`;
  const response = await described("POST", url, await fetch(url, given));
  return { status: response.status, answer: await response.text() };
};

describe("npm start", () => {
  it("prints an event for each request and no word of any, a spent budget and outages included", async () => {
    const statuses: number[] = [];
    const send = async (...given: Parameters<typeof ask>) => {
      const { status, answer } = await ask(...given);
      statuses.push(status);
      if (status !== 200) for (const word of canaries) expect(answer).not.toContain(word);
    };
    await send({});
    await send({});
    await send({ text: `Other debt and ${text}.` });
    await send({ cache: text });
    await send({ catalog: text, themes: undefined });
    await send({ themes: [label, label] });
    await send({}, `/v1/${text}`);
    await send({}, "/v1/rank", "text/plain");
    await send({}, "/rank-themes");
    vllm.fault = { kind: "status", status: 500, body: quoting };
    await send({ text: `Third debt and ${text}.`, cache: "no-store" });
    gemini.fault = { kind: "status", status: 500, body: quoting };
    await send({ text: `Fourth debt and ${text}.` });
    await send({ text: `Fifth debt and ${text}.`, sources: ["origin", "gemini"] });
    expect(statuses).toEqual([200, 200, 200, 422, 404, 422, 404, 415, 200, 200, 200, 503]);

    const events = () => eventsIn(stack.output());
    await expect.poll(() => events().length, { timeout: 5_000 }).toBe(statuses.length);
    expect(stack.output()).toContain("budget_spent");
    for (const word of canaries) expect(stack.output()).not.toContain(word);
  });
});
