// Workers KV as a result cache that may fail without failing the request.
import type { Clock, ResultCache } from "../core/ports.ts";

/** KV refuses a shorter life. */
const minTtlSeconds = 60;

/**
 * Reads that throw, hang over `timeoutMs` or the request's budget or hold no JSON answer null; writes that fail are dropped.
 * @param report hears of each fault, without its text
 */
export function createKvCache(
  namespace: KVNamespace,
  clock: Clock,
  timeoutMs: number,
  report: (fault: "get_failed" | "get_timeout" | "put_failed") => void,
): ResultCache {
  return {
    async get(key, budgetMs) {
      const capMs = Math.min(timeoutMs, budgetMs);
      if (capMs <= 0) return null;
      const { promise: late, resolve } = Promise.withResolvers<"late">();
      clock.timeoutSignal(capMs).addEventListener("abort", () => resolve("late"));
      try {
        const value: unknown = await Promise.race([namespace.get(key, "json"), late]);
        if (value !== "late") return value;
        report("get_timeout");
      } catch {
        report("get_failed");
      }
      return null;
    },

    async put(key, value, ttlSeconds) {
      try {
        await namespace.put(key, JSON.stringify(value), {
          expirationTtl: Math.max(minTtlSeconds, Math.ceil(ttlSeconds)),
        });
      } catch {
        report("put_failed");
      }
    },
  };
}

/** Keeps nothing: for deployments without a namespace or without CACHE_PEPPER. */
export const noCache: ResultCache = {
  get: () => Promise.resolve(null),
  put: () => Promise.resolve(),
};
