import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../gateway/config.ts";
import { delays, paceOf } from "./delays.ts";
import { hit, pricesOf } from "./modes.ts";
import { gemini } from "./price-list.ts";
import {
  dollars,
  machineLine,
  perHour,
  rerankCost,
  sumOf,
  tokenLine,
  unitLine,
  withCached,
} from "./prices.ts";

/** 24 of 20 tokens each. */
const documents = Array.from({ length: 24 }, () => 20);

describe("1,000 requests, worked out by hand", () => {
  test("Gemini's ranking: 900 x 0.30 + 160 x 2.50 = 670 millionths each", () => {
    const line = tokenLine("ranking", { input: 900, output: 160 }, { input: 0.3, output: 2.5 });
    expect(line.usd).toBeCloseTo(0.67, 10);
    expect(line.how).toBe("1,000 x (900 in x $0.3 + 160 out x $2.5) / 1,000,000 = $0.67");
  });

  test("a g5.xlarge half busy: 250 s of work in 500 s paid, 500 / 3,600 of $1.006", () => {
    const line = machineLine("ranking", 250, 1.006, 0.5);
    expect(line.usd).toBeCloseTo(0.1397222, 6);
    expect(line.how).toBe("1,000 x 0.25 s x $1.006 / 3,600 s / 50 % busy = $0.14");
  });

  test("at a tenth of its hours the same machine ranks for what Gemini takes", () => {
    expect(machineLine("ranking", 250, 1.006, 0.1).usd).toBeCloseTo(0.6986, 4);
  });

  test("a machine half busy does 7,200 rankings of a quarter second an hour", () => {
    expect(perHour(250, 0.5)).toBe(7_200);
  });

  test("four reads of KV and two writes: 0.002 + 0.010", () => {
    expect(sumOf([unitLine("reads", 4, 0.5), unitLine("writes", 2, 5)])).toBeCloseTo(0.012, 10);
  });

  test("half of them cached is the mean of both prices", () => {
    expect(withCached(1, 0.01, 0.5)).toBeCloseTo(0.505, 10);
    expect(withCached(1, 0.01, 0)).toBe(1);
    expect(withCached(1, 0.01, 1)).toBe(0.01);
  });
});

describe("a reranker", () => {
  test("by the search takes one for 100 documents and two for 101", () => {
    expect(rerankCost("search", 2, 300, documents).most.usd).toBe(2);
    const many = Array.from({ length: 101 }, () => 20);
    expect(rerankCost("search", 2, 300, many).most.usd).toBe(4);
  });

  test("that counts the query with each document: 300 x 24 + 480 = 7,680 tokens", () => {
    const { least, most } = rerankCost("query each time", 0.05, 300, documents);
    expect(most.usd).toBeCloseTo(0.384, 10);
    expect(most.how).toContain("300 x 24 + 480 = 7,680");
    expect(least).toEqual(most);
  });

  test("that does not say how it counts lies between 780 and 7,680 tokens", () => {
    const { least, most } = rerankCost("not said", 0.02, 300, documents);
    expect(least.usd).toBeCloseTo(0.0156, 10);
    expect(most.usd).toBeCloseTo(0.1536, 10);
  });
});

describe("the bill of a mode", () => {
  const tokens = {
    text: 300,
    documents,
    list: { input: 900, output: 160, schema: 300, indented: 250 },
    summary: { input: 500, output: 120 },
  };
  const use = ["all-Gemini", "hybrid, 4090", "hybrid, A10G", "all-local, 4090", "all-local, A10G"]
    .map((name) => ({ name, cpuMs: 5, reads: 3, writes: 2 }))
    .concat({ name: hit, cpuMs: 2, reads: 1, writes: 0 });
  const { bills, cached } = pricesOf(tokens, use);

  test("is the sum of its lines, and half of it and of a hit's when half is cached", () => {
    for (const { ranking, summary, edge, usd, halfCachedUsd } of bills) {
      expect(usd).toBeCloseTo(ranking.usd + summary.usd + sumOf(edge), 10);
      expect(halfCachedUsd).toBeCloseTo((usd + sumOf(cached)) / 2, 10);
    }
  });

  test("holds what was measured of the gateway: 5 ms, 3 reads and the key's, 2 writes", () => {
    // 0.0003 + 0.0001 + 0.002 + 0.01 + 0.00015 + 0.00025
    for (const { edge } of bills) expect(sumOf(edge)).toBeCloseTo(0.0128, 10);
  });

  test("has Gemini's tokens where Gemini writes and the machine's time where the origin does", () => {
    const of = (mode: string) => bills.find((bill) => bill.mode === mode);
    expect(of("hybrid, own 4090")?.summary.usd).toBeCloseTo(0.45, 10);
    // 1.3602 s at $0.135 an hour, half busy
    expect(of("all-local, own 4090")?.summary.usd).toBeCloseTo(0.102015, 6);
  });
});

test("Gemini's prices are those that the gateway bills by", () => {
  const config = parseConfig({});
  const { model, input, output } = gemini;
  expect(config.ok && config.value.PRICES.get(model)).toEqual({ input, output });
});

test("a stream's last word comes when the stated tokens have been written at the stated rate", () => {
  const pace = paceOf(delays.kvAbsent.value);
  expect(pace.geminiSummaryMs).toBeCloseTo(1_400 + (120 / 337) * 1_000, 6);
  expect(pace.cards["4090"]?.summaryMs).toBeCloseTo(75 + 119 * 10.8, 6);
});

test.each([
  [0, "$0"],
  [0.00262, "$0.00262"],
  [0.13972, "$0.14"],
  [2.5, "$2.50"],
])("%d is told as %s", (usd, told) => expect(dollars(usd)).toBe(told));
