// Work that goes on after an answer, to its end.
import type { ManualClock } from "./manual-clock.ts";

/** Waits for all of it; where it waits for the clock, the clock is moved. */
export async function settled(
  clock: ManualClock,
  work: readonly Promise<unknown>[],
): Promise<void> {
  let isDone = false;
  const all = Promise.all(work).finally(() => (isDone = true));
  while (!isDone) {
    // oxlint-disable-next-line no-await-in-loop -- each turn may set the next timer
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (!isDone && clock.dueMs !== null) clock.advance(Math.max(0, clock.dueMs));
  }
  await all;
}
