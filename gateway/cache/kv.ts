// Workers KV as a result cache that may fail without failing the request.
import { fail, ok } from "../core/failure.ts";
import type { Clock, ResultCache } from "../core/ports.ts";
import { late, within } from "../core/within.ts";

/** KV refuses a shorter life. */
const minTtlSeconds = 60;
/** A write happens after the answer, but the platform gives it no more than 30 s. */
const putTimeoutMs = 2_000;
/** More than any entry of ours: what is longer is not worth the time to parse it. */
const maxValueChars = 1_000_000;

/** @param timeoutMs a read that takes longer, or longer than the request's budget, is given up */
export function createKvCache(
  namespace: KVNamespace,
  clock: Clock,
  timeoutMs: number,
): ResultCache {
  return {
    async get(key, budgetMs) {
      const capMs = Math.min(timeoutMs, budgetMs);
      if (capMs <= 0) return ok(null);
      try {
        const text = await within(clock, capMs, namespace.get(key, "text"));
        if (text === late) return fail("get_timeout");
        if (text === null) return ok(null);
        if (text.length > maxValueChars) return fail("get_failed");
        return ok(JSON.parse(text) as unknown);
      } catch {
        return fail("get_failed");
      }
    },

    async put(key, value, ttlSeconds) {
      try {
        const expirationTtl = Math.max(minTtlSeconds, Math.ceil(ttlSeconds));
        const write = namespace.put(key, JSON.stringify(value), { expirationTtl });
        return (await within(clock, putTimeoutMs, write)) === late ? fail("put_timeout") : ok(null);
      } catch {
        return fail("put_failed");
      }
    },
  };
}
