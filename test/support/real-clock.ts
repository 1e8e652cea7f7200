// The time as it is.
import type { Clock } from "../../gateway/core/ports.ts";

export const realClock: Clock = {
  nowMs: () => Date.now(),
  timeoutSignal: (delayMs) => AbortSignal.timeout(delayMs),
  timer(delayMs, ring) {
    const timer = setTimeout(ring, delayMs);
    return () => clearTimeout(timer);
  },
};
