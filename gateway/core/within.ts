// Waiting by the clock: for work, no longer than it may take, or for a time.
import type { Clock } from "./ports.ts";

/** In the place of what came too late. */
export const late = Symbol("late");

/**
 * What work comes to, or `late` where that takes longer than `capMs`: it goes on then, and what becomes
 * of it is nobody's. Rejects as the work does.
 */
export function within<T>(clock: Clock, capMs: number, work: Promise<T>): Promise<T | typeof late> {
  const { promise, resolve, reject } = Promise.withResolvers<T | typeof late>();
  const cancel = clock.timer(capMs, () => resolve(late));
  work.then(resolve, reject).finally(cancel);
  return promise;
}

export function sleep(clock: Clock, delayMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.timer(delayMs, resolve);
  return promise;
}
