// Guarantees of the cache keys: nothing readable in them, and no two contents under one.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CacheKeys, canonicalJson } from "../../../gateway/cache/key.ts";
import type { Theme } from "../../../gateway/core/domain.ts";
import { theme } from "../support/theme.ts";

const keys = new CacheKeys("pepper");

describe("canonicalJson", () => {
  it("does not depend on the order in which keys were set, at any depth", () => {
    expect(canonicalJson({ b: { d: 1, c: [2] }, a: null })).toBe('{"a":null,"b":{"c":[2],"d":1}}');
    expect(canonicalJson([{ b: 1, a: 2 }])).toBe(canonicalJson([{ a: 2, b: 1 }]));
  });

  it("keeps the order of arrays", () => {
    expect(canonicalJson([2, 1])).toBe("[2,1]");
  });

  it("loses nothing of a value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = JSON.stringify(value);
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(plain));
      }),
    );
  });
});

describe("an entry's key", () => {
  it("is the same for the same parts and deployment", async () => {
    expect(await keys.entry("scores", ["t", "text"])).toBe(
      await new CacheKeys("pepper").entry("scores", ["t", "text"]),
    );
  });

  it("holds no word of the user, whatever the parts are", async () => {
    const key = await keys.entry("scores", ["acme", "Canary text", [theme("Canary label")]]);
    expect(key).toMatch(/^scores:\d+:[0-9a-f]{64}$/);
  });

  it("is at most 80 bytes, well within KV's 512", async () => {
    expect((await keys.entry("summary", ["x".repeat(20_000)])).length).toBeLessThanOrEqual(80);
  });

  it("keeps tenants apart", async () => {
    expect(await keys.entry("scores", ["a", "text"])).not.toBe(
      await keys.entry("scores", ["b", "text"]),
    );
  });

  it("keeps scores and summaries apart", async () => {
    const [scores, summary] = await Promise.all([
      keys.entry("scores", ["a"]),
      keys.entry("summary", ["a"]),
    ]);
    expect(scores.split(":").at(-1)).not.toBe(summary.split(":").at(-1));
  });

  it("cannot be computed without the pepper", async () => {
    expect(await keys.entry("scores", ["a"])).not.toBe(
      await new CacheKeys("another").entry("scores", ["a"]),
    );
  });

  it.each([
    [
      ["a", "bc"],
      ["ab", "c"],
    ],
    [
      ["a", "b"],
      ["b", "a"],
    ],
    [["a", null], ["a"]],
    [
      ["a", null],
      ["a", "null"],
    ],
    [["a,b"], ["a", "b"]],
    [['a","b'], ["a", "b"]],
    [[["a"], "b"], [["a", "b"]]],
  ])("tells %j from %j", async (one, other) => {
    expect(await keys.entry("scores", one)).not.toBe(await keys.entry("scores", other));
  });
});

describe("a theme's key", () => {
  const keyOf = async (each: Theme) => (await keys.themes([each]))[0];

  it("is 24 hexadecimal digits of its wording, whatever its id", async () => {
    const key = await keyOf(theme("Money", "Debt", "m1"));
    expect(key).toMatch(/^[0-9a-f]{24}$/);
    expect(await keyOf(theme("Money", "Debt", "m2"))).toBe(key);
  });

  it.each([
    ["another label", theme("Monet", "Debt")],
    ["another description", theme("Money", "Debts")],
    ["no description", theme("Money")],
    ["the border between them moved", theme("MoneyDebt", "")],
    ["both exchanged", theme("Debt", "Money")],
  ])("changes with %s", async (_, other) => {
    expect(await keyOf(other)).not.toBe(await keyOf(theme("Money", "Debt")));
  });
});
