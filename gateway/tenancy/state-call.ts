// One call to KV STATE, which may throw or hang: its value, or that it could not be had.
import { fail, ok, type Result } from "../core/failure.ts";
import type { Clock } from "../core/ports.ts";

/** Above what a cold read takes at its worst. */
const timeoutMs = 2_000;

/** @param report hears of a fault, without its text */
export async function callState<T>(
  clock: Clock,
  report: (fault: string) => void,
  call: () => Promise<T>,
): Promise<Result<T, "unavailable">> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  clock.timeoutSignal(timeoutMs).addEventListener("abort", () => resolve("late"));
  try {
    const value = await Promise.race([call().then((found) => ok(found)), late]);
    if (value !== "late") return value;
    report("state_timeout");
  } catch {
    report("state_failed");
  }
  return fail("unavailable");
}
