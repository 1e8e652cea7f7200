// One call to KV STATE, which may throw or hang: its value, or that it could not be had.
import { fail, ok, type Result } from "../core/failure.ts";
import type { Clock } from "../core/ports.ts";
import { late, within } from "../core/within.ts";

/** Above what a cold read takes at its worst. */
const timeoutMs = 2_000;

/** @param report hears of a fault, without its text */
export async function callState<T>(
  clock: Clock,
  report: (fault: string) => void,
  call: () => Promise<T>,
): Promise<Result<T, "unavailable">> {
  try {
    const value = await within(clock, timeoutMs, call());
    if (value !== late) return ok(value);
    report("state_timeout");
  } catch {
    report("state_failed");
  }
  return fail("unavailable");
}
