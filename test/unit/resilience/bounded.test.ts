// Guarantees of work in turns.
import { describe, expect, it } from "vitest";
import { inTurns } from "../../../gateway/resilience/bounded.ts";

describe("work in turns", () => {
  it("keeps the order of the items, whichever ends first", async () => {
    const resolvers: (() => void)[] = [];
    const pending = inTurns(["a", "b", "c"], 3, (item) => {
      const { promise, resolve } = Promise.withResolvers<string>();
      resolvers.push(() => resolve(item));
      return promise;
    });
    for (const resolve of resolvers.toReversed()) resolve();
    expect(await pending).toEqual(["a", "b", "c"]);
  });

  it("has as many under way as it may and no more, and starts the next when one ends", async () => {
    const started: number[] = [];
    const resolvers: (() => void)[] = [];
    const pending = inTurns([0, 1, 2, 3, 4], 2, async (item) => {
      started.push(item);
      await new Promise<void>((resolve) => resolvers.push(resolve));
    });
    expect(started).toEqual([0, 1]);
    resolvers[1]?.();
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    expect(started).toEqual([0, 1, 2]);
    for (let index = 0; index < 5; index += 1) {
      resolvers[index]?.();
      // oxlint-disable-next-line no-await-in-loop -- the next is started meanwhile
      await new Promise((resolve) => setTimeout(resolve));
    }
    await pending;
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it("does nothing for nothing", async () => {
    expect(await inTurns([], 4, () => Promise.reject(new Error("asked")))).toEqual([]);
  });
});
