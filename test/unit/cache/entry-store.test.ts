// Guarantees of a store of entries: what waits to be written is not forgotten.
import { expect, it } from "vitest";
import { EntryStore } from "../../../gateway/cache/entry-store.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryCache } from "../support/memory-cache.ts";

interface Entry {
  readonly tenant: string;
  readonly number: number;
}

const entry = (number: number): Entry => ({ tenant: "acme", number });

it("knows an entry that waits for its write, however much memory was needed for others", async () => {
  const clock = new ManualClock();
  const kv = new MemoryCache(clock);
  const store = new EntryStore<Entry>(kv, clock, (value): value is Entry => value !== null);
  await store.write("key", entry(1), 600);
  const written = store.write("key", entry(2), 600);
  for (let other = 0; other < 1_000; other += 1) store.remember(`other ${other}`, entry(other));
  expect(kv.peek("key")).toEqual(entry(1));
  expect(store.peek("key", "acme")).toEqual(entry(2));
  expect(store.peek("key", "another")).toBeNull();
  clock.advance(1_000);
  await written;
  expect(kv.peek("key")).toEqual(entry(2));
});
