// Each fault is what its name says, and a fake goes down and comes back.
import { afterEach, describe, expect, test } from "vitest";
import type { FakeServer } from "./fake-server.ts";
import { startFakeVllm } from "./fake-vllm.ts";
import type { FakeVllmOptions } from "./fake-vllm.ts";
import type { Fault } from "./fault.ts";
import { freePort } from "./ports.ts";
import { ask, json, post } from "./rating-request.ts";

const running: FakeServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((fake) => fake.close()));
});

async function vllm(options?: FakeVllmOptions) {
  const fake = await startFakeVllm(options);
  running.push(fake);
  return fake;
}

const completions = async (fault: Fault | null, init?: Parameters<typeof post>[2]) => {
  const fake = await vllm();
  fake.fault = fault;
  return { fake, response: post(`${fake.url}/completions`, ask, init) };
};
const soon = () => AbortSignal.timeout(80);
/** Waits for the server to see what the client did. */
const aborted = (fake: FakeServer) =>
  expect.poll(() => fake.requests[0]?.aborted, { interval: 5, timeout: 500 }).toBe(true);

describe("faults", () => {
  test("status: with headers and body", async () => {
    const headers = { "retry-after": "7" };
    const { response } = await completions({
      kind: "status",
      status: 429,
      headers,
      body: { a: 1 },
    });
    const { status, headers: seen } = await response;
    expect([status, seen.get("retry-after")]).toEqual([429, "7"]);
    expect(await json(response)).toEqual({ a: 1 });
  });

  test("hang: no answer, and the client's leaving is seen", async () => {
    const { fake, response } = await completions({ kind: "hang" }, { signal: soon() });
    await expect(response).rejects.toThrow(/timeout/i);
    await aborted(fake);
  });

  test("headers_then_stall: the status arrives, the body never ends", async () => {
    const { fake, response } = await completions(
      { kind: "headers_then_stall" },
      { signal: soon() },
    );
    expect((await response).status).toBe(200);
    await expect(json(response)).rejects.toThrow(/timeout/i);
    await aborted(fake);
  });

  test("drip: slow it stays slow, fast it is the true answer", async () => {
    const slow = await completions({ kind: "drip", bytesPerSecond: 1 }, { signal: soon() });
    expect((await slow.response).status).toBe(200);
    await expect(json(slow.response)).rejects.toThrow(/timeout/i);
    const fast = await completions({ kind: "drip", bytesPerSecond: 1e6 });
    expect((await json(fast.response)).choices).toHaveLength(2);
  });

  test("reset: the connection breaks before any answer", async () => {
    const { fake, response } = await completions({ kind: "reset" });
    await expect(response).rejects.toThrow("fetch failed");
    expect(fake.requests[0]?.aborted).toBe(false);
  });

  test("reset_mid_body: the status arrives, the body breaks", async () => {
    const { response } = await completions({ kind: "reset_mid_body" });
    expect((await response).status).toBe(200);
    await expect(json(response)).rejects.toThrow();
  });

  test("truncated_json: a whole answer that is half a JSON", async () => {
    const { response } = await completions({ kind: "truncated_json" });
    expect((await response).status).toBe(200);
    await expect(json(response)).rejects.toThrow(SyntaxError);
  });

  test("html, redirect, body", async () => {
    const page = await (await completions({ kind: "html" })).response;
    expect(page.headers.get("content-type")).toContain("text/html");
    const location = "https://team.cloudflareaccess.com/cdn-cgi/access/login";
    const login = await completions({ kind: "redirect", location }, { redirect: "manual" });
    expect((await login.response).status).toBe(302);
    expect((await login.response).headers.get("location")).toBe(location);
    const { response } = await completions({ kind: "body", body: [1] });
    expect(await json(response)).toEqual([1]);
  });

  test("delay: the true answer, later", async () => {
    const startMs = performance.now();
    const { response } = await completions({ kind: "delay", ms: 60 });
    expect((await json(response)).choices).toHaveLength(2);
    expect(performance.now() - startMs).toBeGreaterThan(55);
  });

  test("stream: so many events, then an end, silence, a reset or an event of one's own", async () => {
    const streamed = async (
      ending: (Fault & { kind: "stream" })["ending"],
      signal?: AbortSignal,
    ) => {
      const fake = await vllm();
      fake.fault = { kind: "stream", events: 2, ...(ending && { ending }) };
      const asked = { messages: [{ role: "user", content: "The rent is late." }], stream: true };
      const response = await post(`${fake.url}/chat/completions`, asked, signal && { signal });
      return { fake, text: response.text() };
    };
    const ended = await (await streamed("end")).text;
    expect(ended.match(/^data: /gm)).toHaveLength(2);
    expect(await (await streamed({ event: { error: 1 } })).text).toBe(
      `${ended}data: {"error":1}\n\n`,
    );
    expect(await (await streamed({ event: "tail" })).text).toBe(`${ended}tail`);
    const reset = await streamed("reset");
    await expect(reset.text).rejects.toThrow("terminated");
    expect(reset.fake.requests[0]?.aborted).toBe(false);
    const silent = await streamed("stall", soon());
    await expect(silent.text).rejects.toThrow(/timeout/i);
    await aborted(silent.fake);
  });

  test("huge: as many bytes as asked for, and JSON", async () => {
    const { response } = await completions({ kind: "huge", bytes: 10 * 2 ** 20 });
    const body = await (await response).text();
    expect(body).toHaveLength(10 * 2 ** 20);
    expect(Object.keys(JSON.parse(body) as object)).toEqual(["pad"]);
  });

  test("times, every and path say which requests are struck", async () => {
    const fake = await vllm();
    const statuses = async (count: number) => {
      const seen: number[] = [];
      for (let n = 0; n < count; n++) {
        // oxlint-disable-next-line no-await-in-loop -- the order matters
        seen.push((await fetch(`${fake.url}/models`)).status);
      }
      return seen;
    };
    fake.fault = { kind: "status", status: 500, times: 2 };
    expect(await statuses(3)).toEqual([500, 500, 200]);
    fake.fault = { kind: "status", status: 500, every: 2 };
    expect(await statuses(4)).toEqual([200, 500, 200, 500]);
    fake.fault = { kind: "status", status: 500, path: "/completions" };
    expect(await statuses(1)).toEqual([200]);
  });
});

describe("server", () => {
  test("stopped it refuses, restarted it answers at the same port, its record kept", async () => {
    const fake = await vllm();
    const url = `${fake.url}/models`;
    expect((await fetch(url)).status).toBe(200);
    await fake.stop();
    await expect(fetch(url)).rejects.toThrow("fetch failed");
    await fake.restart();
    expect((await fetch(url)).status).toBe(200);
    expect(fake.counts).toEqual({ "/v1/models": 2 });
  });

  test("requests in flight at a stop break, and that is no client's abort", async () => {
    const fake = await vllm();
    fake.fault = { kind: "hang" };
    const pending = post(`${fake.url}/completions`, ask);
    await expect.poll(() => fake.requests[0]?.body, { interval: 5 }).toBeTruthy();
    await Promise.all([expect(pending).rejects.toThrow("fetch failed"), fake.stop()]);
    expect(fake.requests[0]?.aborted).toBe(false);
  });

  test("another runtime can set the fault and read the record over HTTP", async () => {
    const fake = await vllm();
    const control = `${fake.baseUrl}/__fake`;
    await fetch(control, { method: "PUT", body: '{"kind":"status","status":503}' });
    expect((await fetch(`${fake.url}/models`)).status).toBe(503);
    const record = await json(fetch(control));
    expect(record.counts).toEqual({ "/v1/models": 1 });
    await fetch(control, { method: "DELETE" });
    expect([fake.requests.length, fake.fault]).toEqual([0, null]);
  });

  test("a free port refuses until someone listens there", async () => {
    const port = await freePort();
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
    expect((await vllm({ port })).port).toBe(port);
  });
});
