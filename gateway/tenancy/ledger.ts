// What BUDGET and the isolates tell each other: limits, leases, entries, tallies; days and minutes of UTC.
import type { Config } from "../config.ts";

export type Period = "day" | "minute";

/** Paid calls a tenant may make in a UTC day and in a minute of the clock; null = no limit. */
export type CallLimits = Readonly<Record<Period, number | null>>;

/** Calls that an isolate may make within the minute it asked in. */
export interface Lease {
  readonly calls: number;
  /** Why there are none. */
  readonly spent: Period | null;
}

export interface Counts {
  /** Paid calls lent or made; below 0 to give back. */
  readonly calls: number;
  /** Ranking requests, and how many of them the cache answered whole. */
  readonly requests: number;
  readonly cached: number;
}

/** Counts that belong to one minute. */
export interface Entry extends Counts {
  /** Minutes since the Unix epoch. */
  readonly minute: number;
}

export type Tally = Readonly<Record<Period, Counts>>;

export const noCounts: Counts = { calls: 0, requests: 0, cached: 0 };

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Minutes and days since the Unix epoch; a day is UTC's. */
export const minuteOf = (nowMs: number): number => Math.floor(nowMs / minuteMs);
export const dayOf = (nowMs: number): number => Math.floor(nowMs / dayMs);
export const dayOfMinute = (minute: number): number => dayOf(minute * minuteMs);

/** The end of the period that `nowMs` lies in, epoch ms. */
export function endOf(period: Period, nowMs: number): number {
  const lengthMs = period === "day" ? dayMs : minuteMs;
  return (Math.floor(nowMs / lengthMs) + 1) * lengthMs;
}

/** Unless set, what a deployment lets a tenant spend: two calls for each of 60 requests a minute. */
const defaultLimits = { day: 10_000, minute: 120 };

/** What the settings let a tenant spend; local work is limited only where a limit is set. */
export function callLimits(
  config: Pick<Config, "AUTH_MODE" | "GEMINI_DAILY_CALLS" | "GEMINI_MINUTE_CALLS">,
): CallLimits {
  const limit = (set: number | "none" | "", fallback: number) => {
    if (set === "") return config.AUTH_MODE === "open" ? null : fallback;
    return set === "none" ? null : set;
  };
  return {
    day: limit(config.GEMINI_DAILY_CALLS, defaultLimits.day),
    minute: limit(config.GEMINI_MINUTE_CALLS, defaultLimits.minute),
  };
}
