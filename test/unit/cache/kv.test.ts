// Guarantees of KV as a cache that may fail without failing the request.
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { createKvCache, noCache } from "../../../gateway/cache/kv.ts";
import { ManualClock } from "../support/manual-clock.ts";

afterEach(reset);

/** A cache over a namespace of which some methods are replaced. */
function cacheOver(parts: Partial<Record<"get" | "put", (...args: unknown[]) => unknown>> = {}) {
  const clock = new ManualClock();
  const faults: string[] = [];
  const namespace = {
    get: (...args: [string, "json"]) => env.CACHE.get(...args),
    put: (...args: [string, string]) => env.CACHE.put(...args),
    ...parts,
  } as unknown as KVNamespace;
  const cache = createKvCache(namespace, clock, 250, (fault) => faults.push(fault));
  return { cache, clock, faults };
}

describe("a read", () => {
  it("gives what was written", async () => {
    const { cache, faults } = cacheOver();
    await cache.put("k", { scores: [1, null, "ü"] }, 3_600);
    expect(await cache.get("k", 1_000)).toEqual({ scores: [1, null, "ü"] });
    expect(faults).toEqual([]);
  });

  it("of an unknown key is null, and no fault", async () => {
    const { cache, faults } = cacheOver();
    expect(await cache.get("nothing", 1_000)).toBeNull();
    expect(faults).toEqual([]);
  });

  it("of what is no JSON is null, and a fault", async () => {
    await env.CACHE.put("k", "{broken");
    const { cache, faults } = cacheOver();
    expect(await cache.get("k", 1_000)).toBeNull();
    expect(faults).toEqual(["get_failed"]);
  });

  it.each([
    ["rejects", () => Promise.reject(new Error("KV GET failed: 500"))],
    [
      "throws at once",
      () => {
        throw new TypeError("no such method");
      },
    ],
  ])("that %s is null, and a fault", async (_, get) => {
    const { cache, faults } = cacheOver({ get });
    expect(await cache.get("k", 1_000)).toBeNull();
    expect(faults).toEqual(["get_failed"]);
  });

  it("that hangs is null once its time is over, and not before", async () => {
    const { cache, clock, faults } = cacheOver({ get: () => new Promise(() => {}) });
    let answer: unknown = "none yet";
    const reading = cache.get("k", 1_000).then((value) => (answer = value));
    clock.advance(249);
    await Promise.resolve();
    expect([answer, faults]).toEqual(["none yet", []]);
    clock.advance(1);
    await reading;
    expect([answer, faults]).toEqual([null, ["get_timeout"]]);
  });

  it("that fails after its time was over troubles nobody", async () => {
    const { promise, reject } = Promise.withResolvers<unknown>();
    const { cache, clock, faults } = cacheOver({ get: () => promise });
    const reading = cache.get("k", 1_000);
    clock.advance(250);
    expect(await reading).toBeNull();
    reject(new Error("too late"));
    await Promise.allSettled([promise]);
    expect(faults).toEqual(["get_timeout"]);
  });

  it("asks KV under the key as it is, for JSON", async () => {
    const asked: unknown[][] = [];
    const { cache } = cacheOver({
      get: (...args) => {
        asked.push(args);
        return Promise.resolve(null);
      },
    });
    await cache.get("scores:1:ab", 1_000);
    expect(asked).toEqual([["scores:1:ab", "json"]]);
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
    const { cache, faults } = cacheOver({ put });
    await expect(cache.put("k", 1, 60)).resolves.toBeUndefined();
    expect(faults).toEqual(["put_failed"]);
  });
});

describe("no cache", () => {
  it("knows nothing of what was written to it", async () => {
    await noCache.put("k", 1, 60);
    expect(await noCache.get("k", 1_000)).toBeNull();
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
    const faults: string[] = [];
    const cache = createKvCache(hanging, clock, 250, (fault) => faults.push(fault));
    expect(await cache.get("k", 0)).toBeNull();
    expect(reads).toBe(0);
    const reading = cache.get("k", 100);
    clock.advance(100);
    expect(await reading).toBeNull();
    expect(faults).toEqual(["get_timeout"]);
  });
});
