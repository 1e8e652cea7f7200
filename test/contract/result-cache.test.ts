// The port ResultCache: one suite, every implementation, over the pool's real KV.
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { createKvCache } from "../../gateway/cache/kv.ts";
import { fail, ok } from "../../gateway/core/failure.ts";
import type { ResultCache } from "../../gateway/core/ports.ts";
import { ManualClock } from "../unit/support/manual-clock.ts";
import { MemoryCache } from "../unit/support/memory-cache.ts";
import { realClock } from "../support/real-clock.ts";

/** More than a local read takes on any machine. */
const patientMs = 10_000;

afterEach(reset);

const kv = (namespace: KVNamespace = env.CACHE) => createKvCache(namespace, realClock, patientMs);

const caches: [name: string, make: () => ResultCache][] = [
  ["KV", () => kv()],
  ["the tests' own, in memory", () => new MemoryCache(new ManualClock())],
];

describe.each(caches)("a result cache: %s", (_, make) => {
  it.each<[string, unknown]>([
    ["an object", { v: 1, scores: { a: 12.5, b: null }, list: [[], {}, [true]] }],
    ["unicode", { "schlüssel \u{1F9FE}": "\u202e債務\u0000 cafe\u0301 👨‍👩‍👧" }],
    ["names that mean something elsewhere", JSON.parse('{"__proto__": {"a": 1}, "toJSON": 2}')],
    ["numbers as they are", [0.1 + 0.2, 1e-300, Number.MAX_SAFE_INTEGER, 0]],
    ["an empty list", []],
    ["a text", ""],
    ["false", false],
    ["half a megabyte", "債".repeat(250_000)],
  ])("gives what was put: %s", async (__, value) => {
    const cache = make();
    await cache.put("k", value, 3_600);
    expect(await cache.get("k", patientMs)).toEqual(ok(value));
  });

  it("knows nothing of a key that was never put", async () => {
    const cache = make();
    await cache.put("k", 1, 3_600);
    expect(await cache.get("k2", patientMs)).toEqual(ok(null));
    expect(await cache.get("K", patientMs)).toEqual(ok(null));
  });

  it("gives what was put last", async () => {
    const cache = make();
    await cache.put("k", { a: 1 }, 3_600);
    await cache.put("k", { b: 2 }, 3_600);
    expect(await cache.get("k", patientMs)).toEqual(ok({ b: 2 }));
  });

  it("gives to each reader a value of its own", async () => {
    const cache = make();
    const value = { list: [1] };
    await cache.put("k", value, 3_600);
    value.list.push(2);
    const first = await cache.get("k", patientMs);
    if (!first.ok) expect.fail(first.failure);
    (first.value as typeof value).list.push(3);
    expect(await cache.get("k", patientMs)).toEqual(ok({ list: [1] }));
  });

  it("takes many writes and reads at once", async () => {
    const cache = make();
    const keys = Array.from({ length: 50 }, (__, i) => `scores:${i}`);
    await Promise.all(keys.map((key) => cache.put(key, { key }, 3_600)));
    const found = await Promise.all(keys.map((key) => cache.get(key, patientMs)));
    expect(found).toEqual(keys.map((key) => ok({ key })));
  });
});

describe("KV as a result cache", () => {
  it.each([
    [5, 60],
    [0, 60],
    [60, 60],
    [90.2, 91],
    [86_400, 86_400],
  ])("asked to keep a value for %d s keeps it for %d s", async (asked, kept) => {
    const before = Math.floor(Date.now() / 1_000);
    await kv().put("k", 1, asked);
    const { keys } = await env.CACHE.list();
    const after = Math.ceil(Date.now() / 1_000);
    expect(keys.map(({ name }) => name)).toEqual(["k"]);
    expect(keys[0]?.expiration).toBeGreaterThanOrEqual(before + kept);
    expect(keys[0]?.expiration).toBeLessThanOrEqual(after + kept);
  });

  it.each(["{broken", "", "undefined", '{"a":1} x', "\u0000"])(
    "reads %j, which someone else stored, as a fault",
    async (stored) => {
      await env.CACHE.put("k", stored);
      expect(await kv().get("k", patientMs)).toEqual(fail("get_failed"));
    },
  );

  it.each(["", ".", "..", "k".repeat(513)])("survives a key that KV refuses: %j", async (key) => {
    expect(await kv().put(key, 1, 60)).toEqual(fail("put_failed"));
    expect(await kv().get(key, patientMs)).toEqual(fail("get_failed"));
  });

  it("survives a value that is no JSON, and stores nothing of it", async () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    for (const value of [circle, 1n]) {
      expect(await kv().put("k", value, 60)).toEqual(fail("put_failed"));
    }
    expect(await kv().get("k", patientMs)).toEqual(ok(null));
  });

  const namespace = (method: () => unknown) =>
    ({ get: method, put: method }) as unknown as KVNamespace;

  it.each<[string, () => unknown]>([
    ["rejects", () => Promise.reject(new Error("KV failed: 500"))],
    [
      "throws",
      () => {
        throw new TypeError("no such method");
      },
    ],
  ])("never fails over a namespace that %s", async (_, method) => {
    const cache = kv(namespace(method));
    expect(await cache.get("k", patientMs)).toEqual(fail("get_failed"));
    expect(await cache.put("k", 1, 60)).toEqual(fail("put_failed"));
  });

  it.each([
    ["its own time", 250, 10_000],
    ["the caller's budget", 10_000, 250],
  ])("over a namespace that hangs reads nothing after %s", async (_, timeoutMs, budgetMs) => {
    const manual = new ManualClock();
    const hanging = namespace(() => new Promise(() => {}));
    const reading = createKvCache(hanging, manual, timeoutMs).get("k", budgetMs);
    manual.advance(250);
    expect(await reading).toEqual(fail("get_timeout"));
  });

  it("is not asked when nothing of the budget is left", async () => {
    let asked = 0;
    const cache = kv(namespace(() => Promise.resolve((asked += 1))));
    expect(await cache.get("k", 0)).toEqual(ok(null));
    expect(await cache.get("k", -1)).toEqual(ok(null));
    expect(asked).toBe(0);
  });
});
