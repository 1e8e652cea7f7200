// Guarantees of a request's bill: every call is on it, nothing unknown is 0, and sums are sums.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addBills, CallLog, type UpstreamCall } from "../../../gateway/core/call-log.ts";
import type { Reason } from "../../../gateway/core/failure.ts";
import type { Prices } from "../../../gateway/core/price.ts";

const prices: Prices = {
  models: new Map([["flash", { input: 0.3, output: 2.5 }]]),
  originHourlyUsd: 0.72,
};
const flash = { source: "gemini", model: "flash" } as const;
const llama = { source: "origin", model: "llama" } as const;

const used = (promptTokens: number | null, completionTokens: number | null) => ({
  promptTokens,
  completionTokens,
  costUsd: null,
});

/** The bill of one call, as it ended. */
function billOf(to: typeof flash | typeof llama, ended: Partial<UpstreamCall>, given = prices) {
  const log = new CallLog({ prices: given });
  Object.assign(log.begin(to, 0), { durationMs: 100, ...ended });
  return log.bill;
}

describe("a call's price", () => {
  it("is Gemini's tokens by the model's table, thoughts and all", () => {
    const { costUsd } = billOf(flash, { usage: used(1_500, 120) });
    expect(costUsd).toBeCloseTo(0.00075, 12);
  });

  it("is the origin's time by the hour, whatever came of it", () => {
    expect(billOf(llama, { usage: used(800, 24) }).costUsd).toBeCloseTo(0.00002, 12);
    expect(billOf(llama, { reason: "origin_timeout" }).costUsd).toBeCloseTo(0.00002, 12);
  });

  it("is null without a price, a count or an end, and never 0", () => {
    const unpriced: Prices = { models: new Map(), originHourlyUsd: null };
    expect(billOf(flash, { usage: used(9, 9) }, unpriced).costUsd).toBeNull();
    expect(billOf(llama, {}, unpriced).costUsd).toBeNull();
    expect(billOf(flash, { usage: used(9, null) }).costUsd).toBeNull();
    expect(billOf(llama, { durationMs: null }).costUsd).toBeNull();
  });

  it.each<Reason>(["gemini_timeout", "gemini_unreachable"])(
    "is null for a call that was not answered, %s: it may have been computed",
    (reason) => {
      const { costUsd, promptTokens } = billOf(flash, { reason });
      expect([costUsd, promptTokens]).toEqual([null, null]);
    },
  );

  it.each<Reason>(["gemini_quota", "gemini_error"])(
    "is 0 for one refused with a status, %s",
    (reason) => {
      const { costUsd, promptTokens, completionTokens } = billOf(flash, { reason });
      expect([costUsd, promptTokens, completionTokens]).toEqual([0, 0, 0]);
    },
  );

  it("counts an answer of no use that said what it consumed", () => {
    const blocked = billOf(flash, { reason: "gemini_blocked", usage: used(1_000_000, 0) });
    expect(blocked.costUsd).toBeCloseTo(0.3, 12);
  });
});

describe("what was saved", () => {
  it("is 0 until something is, the sum then, and null once a part is not known", () => {
    const log = new CallLog();
    expect(log.bill.savedUsd).toBe(0);
    log.save(0.25);
    log.save(0.5);
    expect(log.bill.savedUsd).toBe(0.75);
    log.save(null);
    log.save(1);
    expect(log.bill.savedUsd).toBeNull();
  });

  it("is what the calls that were of use had cost, those of another stage left out", () => {
    const log = new CallLog({ prices });
    Object.assign(log.begin(flash, 0), { usage: used(1_000_000, 0), durationMs: 1 });
    expect(log.costSince(0)).toBeCloseTo(0.3, 12);
    expect(log.costSince(1)).toBeNull();
    Object.assign(log.begin(llama, 0), { reason: "origin_rejected", durationMs: 3_600_000 });
    Object.assign(log.begin(llama, 0), { durationMs: 1_800_000 });
    expect(log.costSince(1)).toBeCloseTo(0.36, 12);
  });
});

describe("bills", () => {
  const tokens = fc.option(fc.nat(2_000_000));
  const reasons: readonly Reason[] = ["origin_timeout", "origin_error", "gemini_quota"];
  const call = fc.record({
    to: fc.constantFrom(flash, llama),
    reason: fc.option(fc.constantFrom(...reasons)),
    durationMs: fc.option(fc.nat(30_000)),
    usage: fc.option(fc.tuple(tokens, tokens)),
  });
  const requests = fc.array(
    fc.record({
      calls: fc.array(call, { maxLength: 6 }),
      saved: fc.array(fc.option(fc.nat(9)), { maxLength: 3 }),
    }),
    { maxLength: 20 },
  );

  it("of a run add up to its calls, one by one, and null wherever one is not known", () => {
    fc.assert(
      fc.property(requests, (run) => {
        const bills = run.map(({ calls, saved }) => {
          const log = new CallLog({ prices });
          for (const { to, reason, durationMs, usage } of calls) {
            const ended = { reason, durationMs, usage: usage && used(...usage) };
            Object.assign(log.begin(to, 0), ended);
          }
          for (const usd of saved) log.save(usd);
          return log.bill;
        });
        const total = addBills(bills);
        const lines = bills.flatMap(({ calls }) => calls);
        expect(total.calls).toEqual(lines);
        expect(lines).toHaveLength(run.flatMap(({ calls }) => calls).length);
        for (const part of ["promptTokens", "completionTokens", "costUsd"] as const) {
          const known = lines.map((line) => line[part]).filter((value) => value !== null);
          if (known.length < lines.length) expect(total[part]).toBeNull();
          else
            expect(total[part]).toBeCloseTo(
              known.reduce((sum, value) => sum + value, 0),
              9,
            );
        }
        const saved = run.flatMap((request) => request.saved);
        if (saved.includes(null)) expect(total.savedUsd).toBeNull();
        else expect(total.savedUsd).toBe(saved.reduce<number>((sum, usd) => sum + (usd ?? 0), 0));
      }),
    );
  });
});
