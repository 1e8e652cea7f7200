// GET /v1/usage: what the caller's tenant has asked and spent today, as its BUDGET knows it.
import type { z } from "@hono/zod-openapi";
import type { Accounts } from "../tenancy/account.ts";
import { endOf, type Period } from "../tenancy/ledger.ts";
import type { usageAnswer } from "./answer-schema.ts";

type UsageAnswer = z.output<typeof usageAnswer>;

/** @param accounts null where nobody counts: all numbers are null then, as while BUDGET is silent */
export async function toUsage(
  accounts: Accounts | null,
  tenant: string,
  nowMs: number,
): Promise<UsageAnswer> {
  const day = new Date(nowMs).toISOString().slice(0, "2026-11-22".length);
  const tally = (await accounts?.tally(tenant)) ?? null;
  if (accounts === null || tally === null) {
    const budget = accounts === null ? "none" : "unreachable";
    return { day, budget, requests: null, cached: null, cached_share: null, gemini: null };
  }
  const { requests, cached } = tally.day;
  const calls = (period: Period) => {
    const [used, limit] = [Math.max(0, tally[period].calls), accounts.limits[period]];
    return {
      used,
      limit,
      left: limit === null ? null : Math.max(0, limit - used),
      resets_at: new Date(endOf(period, nowMs)).toISOString(),
    };
  };
  return {
    day,
    budget: "counted",
    requests,
    cached,
    cached_share: requests === 0 ? null : Math.round((cached / requests) * 1_000) / 1_000,
    gemini: { day: calls("day"), minute: calls("minute") },
  };
}
