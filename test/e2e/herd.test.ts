// A herd on the real runtime: many ask the same at once, and the first one leaves.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import life from "../../gateway/samples/life.json" with { type: "json" };
import { startFakeVllm, type FakeVllm } from "../support/fake-vllm.ts";
import { ask, startStack, type Stack } from "../support/stack.ts";

interface Answer {
  readonly source: string;
  readonly cache: { readonly status: string };
}

describe("fifty who ask the same at once under wrangler dev", () => {
  let vllm: FakeVllm;
  let stack: Stack;

  beforeAll(async () => {
    vllm = await startFakeVllm();
    stack = await startStack(["--origin", vllm.url]);
  });

  afterAll(async () => {
    await stack?.stop();
    await vllm?.close();
  });

  const ranked = (text: string) => ask<Answer>(stack.url, "/v1/rank", { text, themes: life });

  /** Asks, and leaves as soon as the origin has been asked; `before` happens in between. */
  async function leave(text: string, before = () => {}): Promise<void> {
    const client = new AbortController();
    const leaving = fetch(`${stack.url}/v1/rank`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text, themes: life }),
      signal: client.signal,
    });
    leaving.catch(() => {});
    await expect.poll(() => vllm.requests.length, { timeout: 10_000 }).toBe(1);
    before();
    client.abort();
    await expect(leaving).rejects.toThrow("aborted");
  }

  it("cause one upstream call", async () => {
    vllm.reset();
    vllm.fault = { kind: "delay", ms: 500 };
    const text = "The rent is late and I lie awake.";
    const answers = await Promise.all(Array.from({ length: 50 }, () => ranked(text)));
    expect(answers.every(({ source }) => source === "origin")).toBe(true);
    expect(vllm.requests).toHaveLength(1);
    expect((await ranked(text)).cache.status).toBe("hit");
  });

  it("are answered by the call of the first, though the first has left", async () => {
    vllm.reset();
    vllm.fault = { kind: "delay", ms: 1_000 };
    const text = "The debt is due and nobody sleeps.";
    let others: Promise<Answer>[] = [];
    await leave(text, () => {
      others = Array.from({ length: 49 }, () => ranked(text));
    });
    const answers = await Promise.all(others);
    expect(answers.every(({ source }) => source === "origin")).toBe(true);
    expect(vllm.requests.map(({ aborted }) => aborted)).toEqual([false]);
    expect((await ranked(text)).cache.status).toBe("hit");
  });

  it("need nobody to wait: one who leaves alone has still paid for the next", async () => {
    vllm.reset();
    vllm.fault = { kind: "delay", ms: 500 };
    const text = "The bills come in and the wages do not.";
    await leave(text);
    await expect
      .poll(async () => (await ranked(text)).cache.status, { timeout: 10_000 })
      .toBe("hit");
    expect(vllm.requests).toHaveLength(1);
  });
});
