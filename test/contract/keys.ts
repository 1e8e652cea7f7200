// Keys for tests: written to KV STATE as `npm run keys` writes them.
import { env } from "cloudflare:workers";
import { hex } from "../../gateway/core/hex.ts";
import { digestOf, mintKey, type ApiKey } from "../../gateway/tenancy/api-key.ts";
import { revokedValue, type StoredKey } from "../../gateway/tenancy/stored-key.ts";

/** A live key of a tenant; its scopes and so on as given, else the least. */
export async function issueKey(given: Partial<StoredKey> = {}): Promise<ApiKey> {
  const key = mintKey("test");
  const stored: StoredKey = {
    tenant: "acme",
    scopes: ["rank"],
    egress: "any",
    created_at: "2026-11-22T12:00:00.000Z",
    revoked_at: null,
    replaces: null,
    ...given,
  };
  const value = stored.revoked_at === null ? hex(await digestOf(key)) : revokedValue;
  await env.STATE.put(`key:${key.id}`, value, { metadata: stored });
  return key;
}

/** An environment that asks for keys, counts the reads of STATE, and has a limiter of its own. */
export function guardedEnvironment(requestsPerKey = Number.POSITIVE_INFINITY) {
  const counts = new Map<string, number>();
  const watched = { reads: 0, env: {} as Env };
  const STATE = new Proxy(env.STATE, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      watched.reads += 1;
      return member.bind(target) as unknown;
    },
  });
  const RATE_LIMITER: RateLimit = {
    limit({ key }) {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return Promise.resolve({ success: count <= requestsPerKey });
    },
  };
  watched.env = { ...env, AUTH_MODE: "required", STATE, RATE_LIMITER };
  return watched;
}
