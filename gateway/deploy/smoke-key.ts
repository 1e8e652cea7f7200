// API keys that a deploy needs: the first one of a new Worker, and one for the smoke suite alone.
import { perform, type Said } from "../keys/commands.ts";
import { stateOf } from "../keys/state.ts";

/** Longer than a roll-out takes; then KV forgets it, also where the deploy was cut off. */
const smokeKeyTtlSeconds = 3_600;

/** A lasting key of a tenant, to be shown once. */
export function firstKey(env: string | null, tenant: string): Promise<Said> {
  return create(env, tenant, null);
}

/** A key of the tenant `smoke`. */
export async function smokeKey(env: string | null): Promise<string> {
  return (await create(env, "smoke", smokeKeyTtlSeconds)).out;
}

function create(env: string | null, tenant: string, ttlSeconds: number | null): Promise<Said> {
  const state = stateOf({ env, remote: true, persistTo: null }, ttlSeconds);
  return perform({ name: "create", tenant, scopes: ["rank"], egress: "any" }, state, "live");
}
