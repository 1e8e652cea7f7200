// Who may ask, what for and how often, before anything of the request's body is read.
import { createMiddleware } from "hono/factory";
import type { Config } from "../config.ts";
import { stricterEgress } from "../core/domain.ts";
import type { Keys } from "../tenancy/keys.ts";
import type { Scope } from "../tenancy/stored-key.ts";
import type { Edge } from "./edge.ts";
import { problem } from "./problem.ts";
import { rateLimit, rateLimitPolicy } from "./rate-limit.ts";

/** What of the Workers rate limit binding is used: it counts, and tells whether there is room. */
export interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

export interface Access {
  readonly mode: Config["AUTH_MODE"];
  /** The deployment's word on what may leave the house; a key may be stricter. */
  readonly egress: Config["EGRESS"];
  readonly keys: Keys;
  /** undefined = not bound: nobody is limited. */
  readonly rateLimiter: RateLimiter | undefined;
  /** What stands for a tenant in the log: 16 hexadecimal digits. */
  readonly pseudonym: (tenant: string) => Promise<string>;
  /** Hears of a limiter that fails or is not there. */
  readonly report: (fault: string) => void;
}

/** Whether a key has the scope, where a route is everybody's and says more to some. */
export async function holdsScope(
  access: Access,
  authorization: string | undefined,
  scope: Scope,
): Promise<boolean> {
  if (access.mode === "open") return true;
  if (authorization === undefined) return false;
  const holder = await access.keys.holderOf(authorization);
  return holder.ok && holder.value.scopes.includes(scope);
}

/**
 * 401 without a valid key, 403 without the scope, 429 over the rate, in this order. `open`: everybody
 * is tenant `local`, may do all and is not limited; a key is not looked at.
 */
export function guard(access: Access, scope: Scope = "rank") {
  let missed = false;

  /** A limiter that cannot say lets pass: it guards the cost of a request, not the data. */
  const withinRate = async (keyId: string): Promise<boolean> => {
    if (access.rateLimiter === undefined) {
      if (!missed) access.report("limiter_missing");
      missed = true;
      return true;
    }
    try {
      return (await access.rateLimiter.limit({ key: keyId })).success;
    } catch {
      access.report("limiter_failed");
      return true;
    }
  };

  return createMiddleware<Edge>(async (c, next) => {
    if (access.mode === "open") {
      c.set("identity", { tenant: "local", egress: access.egress, epoch: 0 });
      return next();
    }
    const holder = await access.keys.holderOf(c.req.header("authorization"));
    if (!holder.ok) {
      const kind = holder.failure === "unavailable" ? "keys-unavailable" : "unauthorized";
      return problem(c, { kind });
    }
    const { keyId, tenant, scopes, epoch } = holder.value;
    c.get("event").set({ tenant: await access.pseudonym(tenant), key: keyId });
    if (!scopes.includes(scope)) return problem(c, { kind: "forbidden", scope });
    c.header("RateLimit-Policy", rateLimitPolicy);
    if (!(await withinRate(keyId))) {
      return problem(c, { kind: "rate-limited", retryAfterSeconds: rateLimit.periodSeconds });
    }
    const egress = stricterEgress(access.egress, holder.value.egress);
    c.set("identity", { tenant, egress, epoch });
    return next();
  });
}
