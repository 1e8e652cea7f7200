// Guarantees of taking a body in: its size and its time are bounded, whatever its headers say.
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { boundedBody } from "../../../gateway/edge/body.ts";
import type { Edge } from "../../../gateway/edge/edge.ts";
import { RequestEvent } from "../../../gateway/telemetry.ts";
import { ManualClock } from "../support/manual-clock.ts";

const limitBytes = 512 * 1_024;

async function take(
  body: BodyInit,
  headers: Record<string, string> = {},
  clock = new ManualClock(),
) {
  const app = new Hono<Edge>();
  app.use(async (c, next) => {
    c.set("clock", clock);
    c.set("event", new RequestEvent());
    await next();
  });
  app.post("/", boundedBody, (c) => c.body((c.get("body") ?? new Uint8Array()).slice().buffer));
  const request = new Request("https://themerank.test/", { method: "POST", headers, body });
  const response = await app.request(request);
  return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
}

const inParts = (...parts: Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = parts.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(part);
    },
  });

describe("a body", () => {
  it("arrives whole and in order, in however many parts", async () => {
    const { status, bytes } = await take(inParts(new Uint8Array([1, 2]), new Uint8Array([3])));
    expect([status, [...bytes]]).toEqual([200, [1, 2, 3]]);
  });

  it("may be 512 KiB and no byte more, by its own count and not by Content-Length", async () => {
    const full = () => inParts(new Uint8Array(limitBytes - 1), new Uint8Array(1));
    expect((await take(full())).bytes.byteLength).toBe(limitBytes);
    const over = () => inParts(new Uint8Array(limitBytes), new Uint8Array(1));
    expect((await take(over())).status).toBe(413);
    expect((await take(over(), { "content-length": "2" })).status).toBe(413);
    expect((await take(inParts(), { "content-length": String(limitBytes + 1) })).status).toBe(413);
  });

  it("is not read on once it is too much", async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(limitBytes)),
      cancel: () => {
        cancelled = true;
      },
    });
    expect((await take(body)).status).toBe(413);
    expect(cancelled).toBe(true);
  });

  it("has ten seconds to arrive", async () => {
    const clock = new ManualClock();
    let parts = 0;
    const slow = (stepMs: number) =>
      new ReadableStream<Uint8Array>({
        pull(controller) {
          clock.advance(stepMs);
          parts += 1;
          if (parts % 5 === 0) controller.close();
          else controller.enqueue(new Uint8Array([0x20]));
        },
      });
    expect((await take(slow(1_900), {}, clock)).status).toBe(200);
    expect((await take(slow(2_600), {}, clock)).status).toBe(408);
  });

  it("that breaks off is a bad request and no defect", async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
    expect((await take(body)).status).toBe(400);
  });
});
