// Guarantees of waiting by the clock: it ends in time, and no timer is left when nobody waits.
import { expect, it } from "vitest";
import { late, sleep, within } from "../../../gateway/core/within.ts";
import { ManualClock } from "../support/manual-clock.ts";

it("gives what the work comes to, and takes its timer back", async () => {
  const clock = new ManualClock();
  const waiting = within(clock, 100, Promise.resolve("done"));
  expect(clock.dueMs).toBe(100);
  expect(await waiting).toBe("done");
  await expect.poll(() => clock.dueMs).toBeNull();
});

it("fails as the work does, and takes its timer back", async () => {
  const clock = new ManualClock();
  await expect(within(clock, 100, Promise.reject(new Error("gone")))).rejects.toThrow("gone");
  await expect.poll(() => clock.dueMs).toBeNull();
});

it("says late when the time is up and not before, and does not mind what comes afterwards", async () => {
  const clock = new ManualClock();
  const { promise: work, reject } = Promise.withResolvers<string>();
  let answer: unknown = "nothing yet";
  const waiting = within(clock, 100, work).then((given) => (answer = given));
  clock.advance(99);
  await Promise.resolve();
  expect(answer).toBe("nothing yet");
  clock.advance(1);
  await waiting;
  expect(answer).toBe(late);
  reject(new Error("too late to matter"));
  await expect(work).rejects.toThrow();
});

it("sleeps for as long as it is told to", async () => {
  const clock = new ManualClock();
  const asleep = sleep(clock, 100);
  expect(clock.dueMs).toBe(100);
  clock.advance(100);
  await asleep;
});
