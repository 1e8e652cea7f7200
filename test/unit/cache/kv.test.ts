// Guarantees of KV as a cache that may fail without failing the request.
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { createKvCache } from "../../../gateway/cache/kv.ts";
import { fail, ok } from "../../../gateway/core/failure.ts";
import { ManualClock } from "../support/manual-clock.ts";

afterEach(reset);

/** A cache over a namespace of which some methods are replaced. */
function cacheOver(parts: Partial<Record<"get" | "put", (...args: unknown[]) => unknown>> = {}) {
  const clock = new ManualClock();
  const namespace = {
    get: (...args: [string, "text"]) => env.CACHE.get(...args),
    put: (...args: [string, string]) => env.CACHE.put(...args),
    ...parts,
  } as unknown as KVNamespace;
  return { cache: createKvCache(namespace, clock, 250), clock };
}

describe("a read", () => {
  it("gives what was written", async () => {
    const { cache } = cacheOver();
    expect(await cache.put("k", { scores: [1, null, "ü"] }, 3_600)).toEqual(ok(null));
    expect(await cache.get("k", 1_000)).toEqual(ok({ scores: [1, null, "ü"] }));
  });

  it("of an unknown key is null, and no fault", async () => {
    const { cache } = cacheOver();
    expect(await cache.get("nothing", 1_000)).toEqual(ok(null));
  });

  it.each([
    ["no JSON", "{broken"],
    ["longer than any entry of ours", JSON.stringify("x".repeat(1_000_000))],
  ])("of what is %s is a fault", async (_, value) => {
    await env.CACHE.put("k", value);
    const { cache } = cacheOver();
    expect(await cache.get("k", 1_000)).toEqual(fail("get_failed"));
  });

  it.each([
    ["rejects", () => Promise.reject(new Error("KV GET failed: 500"))],
    [
      "throws at once",
      () => {
        throw new TypeError("no such method");
      },
    ],
  ])("that %s is a fault", async (_, get) => {
    const { cache } = cacheOver({ get });
    expect(await cache.get("k", 1_000)).toEqual(fail("get_failed"));
  });

  it("that hangs is a fault once its time is over, and not before", async () => {
    const { cache, clock } = cacheOver({ get: () => new Promise(() => {}) });
    let answer: unknown = "none yet";
    const reading = cache.get("k", 1_000).then((value) => (answer = value));
    clock.advance(249);
    await Promise.resolve();
    expect(answer).toBe("none yet");
    clock.advance(1);
    await reading;
    expect(answer).toEqual(fail("get_timeout"));
  });

  it("that fails after its time was over troubles nobody", async () => {
    const { promise, reject } = Promise.withResolvers<unknown>();
    const { cache, clock } = cacheOver({ get: () => promise });
    const reading = cache.get("k", 1_000);
    clock.advance(250);
    expect(await reading).toEqual(fail("get_timeout"));
    reject(new Error("too late"));
    await Promise.allSettled([promise]);
  });

  it("asks KV under the key as it is, for text", async () => {
    const asked: unknown[][] = [];
    const { cache } = cacheOver({
      get: (...args) => {
        asked.push(args);
        return Promise.resolve(null);
      },
    });
    await cache.get("scores:1:ab", 1_000);
    expect(asked).toEqual([["scores:1:ab", "text"]]);
  });
});

describe("a write", () => {
  it.each([
    ["an hour", 3_600, 3_600],
    ["a broken second, rounded up", 90.2, 91],
    ["less than KV allows, raised to a minute", 5, 60],
  ])("asks KV to forget it after %s", async (_, ttlSeconds, expirationTtl) => {
    const written: unknown[][] = [];
    const { cache } = cacheOver({
      put: (...args) => {
        written.push(args);
        return Promise.resolve();
      },
    });
    await cache.put("k", { a: 1 }, ttlSeconds);
    expect(written).toEqual([["k", '{"a":1}', { expirationTtl }]]);
  });

  it.each([
    ["rejects", () => Promise.reject(new Error("KV PUT failed: 429"))],
    [
      "throws at once",
      () => {
        throw new TypeError("no such method");
      },
    ],
  ])("that %s is lost, and a fault", async (_, put) => {
    const { cache } = cacheOver({ put });
    expect(await cache.put("k", 1, 60)).toEqual(fail("put_failed"));
  });

  it("that hangs is a fault after two seconds", async () => {
    const { cache, clock } = cacheOver({ put: () => new Promise(() => {}) });
    const writing = cache.put("k", 1, 60);
    clock.advance(2_000);
    expect(await writing).toEqual(fail("put_timeout"));
  });
});

describe("the request's budget", () => {
  it("bounds a read, and with nothing left none is made", async () => {
    const clock = new ManualClock();
    let reads = 0;
    const hanging = {
      get: () => {
        reads += 1;
        return new Promise(() => {});
      },
    } as unknown as KVNamespace;
    const cache = createKvCache(hanging, clock, 250);
    expect(await cache.get("k", 0)).toEqual(ok(null));
    expect(reads).toBe(0);
    const reading = cache.get("k", 100);
    clock.advance(100);
    expect(await reading).toEqual(fail("get_timeout"));
  });
});
