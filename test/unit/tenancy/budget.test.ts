// BUDGET and the isolates that ask it: the real Durable Object, under a clock of the test's own.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Accounts,
  type AccountSettings,
  type BudgetStub,
} from "../../../gateway/tenancy/account.ts";
import type { Budget } from "../../../gateway/tenancy/budget.ts";
import { ManualClock } from "../support/manual-clock.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** More than any stage has. */
const patientMs = 30_000;

let tenants = 0;
/** A tenant that no other test has used. */
const freshTenant = () => `tenant-${(tenants += 1)}`;
const stubOf = (tenant: string): DurableObjectStub<Budget> => env.BUDGET.getByName(tenant);

interface House {
  readonly clock: ManualClock;
  readonly tenant: string;
  readonly faults: string[];
  /** What BUDGET does; a test may break it. */
  budget: (tenant: string) => BudgetStub;
  /** Another isolate of the same deployment. */
  readonly isolate: () => Accounts;
}

function house(settings: Partial<AccountSettings> = {}): House {
  const clock = new ManualClock();
  const faults: string[] = [];
  const all: AccountSettings = {
    limits: { day: 100, minute: 20 },
    policy: "allow",
    timeoutMs: patientMs,
    ...settings,
  };
  const built: House = {
    clock,
    tenant: freshTenant(),
    faults,
    budget: stubOf,
    isolate: () =>
      new Accounts(
        (tenant) => built.budget(tenant),
        clock,
        all,
        (fault) => faults.push(fault),
      ),
  };
  return built;
}

/** How many of `wanted` calls, one after another, an isolate lets through. */
async function spend(isolate: Accounts, tenant: string, wanted: number): Promise<number> {
  let made = 0;
  for (let call = 0; call < wanted; call += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after another is what is tested
    if ((await isolate.take(tenant, patientMs)) === null) made += 1;
  }
  return made;
}

/** Runs what a request defers. */
async function counted(isolate: Accounts, tenant: string, cached = false): Promise<void> {
  const work: Promise<void>[] = [];
  isolate.count(tenant, cached, (each) => work.push(each));
  await Promise.all(work);
}

const unreachable: BudgetStub = {
  lease: () => Promise.reject(new Error("Durable Object reset")),
  post: () => Promise.reject(new Error("Durable Object reset")),
  tally: () => Promise.reject(new Error("Durable Object reset")),
};
const hanging: BudgetStub = {
  lease: () => new Promise(() => {}),
  post: () => Promise.resolve(),
  tally: () => new Promise(() => {}),
};

describe("a tenant's budget", () => {
  it("is spent to the last call by one isolate, and no further", async () => {
    const { isolate, tenant } = house();
    const one = isolate();
    expect(await spend(one, tenant, 25)).toBe(20);
  });

  it("says when to come back: at the end of the minute, or of the day in UTC", async () => {
    const { isolate, tenant, clock } = house({ limits: { day: 3, minute: 2 } });
    const one = isolate();
    clock.advance(18_000);
    expect(await spend(one, tenant, 3)).toBe(2);
    const spent = { reason: "budget_spent", retryAfterSeconds: 42 };
    expect(await one.take(tenant, patientMs)).toEqual(spent);
    clock.advance(minuteMs);
    expect(await spend(one, tenant, 3)).toBe(1);
    // 12:01:18 of the test's day.
    const retryAfterSeconds = 12 * 3_600 - 78;
    expect(await one.take(tenant, patientMs)).toEqual({ ...spent, retryAfterSeconds });
  });

  it("is there again in the next minute, and on the next day", async () => {
    const { isolate, tenant, clock } = house({ limits: { day: 30, minute: 20 } });
    const one = isolate();
    expect(await spend(one, tenant, 25)).toBe(20);
    clock.advance(minuteMs);
    expect(await spend(one, tenant, 25)).toBe(10);
    clock.advance(minuteMs);
    expect(await spend(one, tenant, 1)).toBe(0);
    clock.advance(dayMs);
    expect(await spend(one, tenant, 25)).toBe(20);
  });

  it("is each tenant's own", async () => {
    const { isolate, tenant } = house({ limits: { day: 5, minute: 5 } });
    const one = isolate();
    expect(await spend(one, tenant, 9)).toBe(5);
    expect(await spend(one, freshTenant(), 9)).toBe(5);
  });

  it("of 0 lets nothing through, whether BUDGET answers or not", async () => {
    const built = house({ limits: { day: null, minute: 0 } });
    expect(await spend(built.isolate(), built.tenant, 3)).toBe(0);
    built.budget = () => unreachable;
    expect(await spend(built.isolate(), built.tenant, 3)).toBe(0);
  });

  it("is asked once for several calls, and not at all where nothing is limited", async () => {
    const built = house({ limits: { day: null, minute: 100 } });
    let asked = 0;
    built.budget = (tenant) => {
      asked += 1;
      return stubOf(tenant);
    };
    expect(await spend(built.isolate(), built.tenant, 10)).toBe(10);
    expect(asked).toBe(1);
    const unlimited = house({ limits: { day: null, minute: null } });
    unlimited.budget = () => unreachable;
    expect(await spend(unlimited.isolate(), unlimited.tenant, 50)).toBe(50);
    expect(unlimited.faults).toEqual([]);
  });

  it("once spent is not asked again in that minute", async () => {
    const built = house({ limits: { day: 1, minute: 1 } });
    let asked = 0;
    built.budget = (tenant) => {
      asked += 1;
      return stubOf(tenant);
    };
    expect(await spend(built.isolate(), built.tenant, 50)).toBe(1);
    expect(asked).toBe(2);
  });
});

describe("isolates that share a budget", () => {
  it("never make more calls than it allows, in any order, at any time, all at once", async () => {
    const step = fc.record({
      isolate: fc.nat(2),
      calls: fc.integer({ min: 1, max: 15 }),
      afterMs: fc.constantFrom(0, 0, 100, 20_000, minuteMs, 7 * minuteMs),
    });
    const limits = fc.record({ day: fc.integer({ min: 0, max: 80 }), minute: fc.nat(40) });
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { maxLength: 20 }), (limit, steps) =>
        // Beside its object, without a call between two runtimes for each lease.
        runInDurableObject(stubOf(freshTenant()), async (budget: Budget) => {
          const built = house({ limits: limit });
          built.budget = () => ({
            lease: async (...given) => budget.lease(...given),
            post: async (...given) => budget.post(...given),
            tally: async (...given) => budget.tally(...given),
          });
          const isolates = [built.isolate(), built.isolate(), built.isolate()];
          const made = new Map<number, number>();
          for (const { isolate: which, calls, afterMs } of steps) {
            built.clock.advance(afterMs);
            const one = isolates[which] ?? expect.fail("no such isolate");
            const takes = Array.from({ length: calls }, () => one.take("", patientMs));
            // oxlint-disable-next-line no-await-in-loop -- the steps are a history
            const taken = (await Promise.all(takes)).filter((failure) => failure === null).length;
            // oxlint-disable-next-line no-await-in-loop -- as above
            await counted(one, "");
            const minute = Math.floor(built.clock.nowMs() / minuteMs);
            made.set(minute, (made.get(minute) ?? 0) + taken);
          }
          for (const count of made.values()) expect(count).toBeLessThanOrEqual(limit.minute);
          const sum = [...made.values()].reduce((all, count) => all + count, 0);
          expect(sum).toBeLessThanOrEqual(limit.day);
        }),
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it("leave in each other's hands at most ten calls a minute, which come back", async () => {
    const { isolate, tenant, clock } = house({ limits: { day: 110, minute: 110 } });
    const [one, two] = [isolate(), isolate()];
    expect(await spend(one, tenant, 1)).toBe(1);
    // The first holds nine of its lease of ten.
    expect(await spend(two, tenant, 110)).toBe(100);
    clock.advance(minuteMs);
    await counted(one, tenant);
    expect(await spend(two, tenant, 110)).toBe(9);
  });

  it("use what is left in hand in that minute only", async () => {
    const { isolate, tenant, clock } = house({ limits: { day: 1_000, minute: 100 } });
    const one = isolate();
    expect(await spend(one, tenant, 1)).toBe(1);
    clock.advance(minuteMs);
    expect(await spend(one, tenant, 1)).toBe(1);
    expect((await one.tally(tenant))?.day.calls).toBe(11);
  });

  it("gives a call to the one who asked over the minute's end, and returns the rest", async () => {
    const built = house({ limits: { day: null, minute: 100 } });
    const one = built.isolate();
    built.budget = (tenant) => ({
      ...unreachable,
      lease: async (nowMs, limits) => {
        const lease = await stubOf(tenant).lease(nowMs, limits);
        built.clock.advance(1);
        one.count(tenant, false, (work) => posted.push(work));
        return lease;
      },
    });
    const posted: Promise<void>[] = [];
    built.clock.advance(minuteMs - 1);
    expect(await one.take(built.tenant, patientMs)).toBeNull();
    await Promise.all(posted);
    built.budget = stubOf;
    expect((await one.tally(built.tenant))?.day.calls).toBe(1);
  });
});

describe.each<[string, BudgetStub]>([
  ["fails", unreachable],
  ["hangs", hanging],
])("while BUDGET %s", (name, broken) => {
  const built = (settings: Partial<AccountSettings>) => {
    const made = house(settings);
    made.budget = () => broken;
    const take = async (isolate: Accounts) => {
      const taking = isolate.take(made.tenant, 250);
      if (name === "hangs") made.clock.advance(250);
      return taking;
    };
    const fix = () => (made.budget = stubOf);
    const breakAgain = () => (made.budget = () => broken);
    return { ...made, take, fix, breakAgain };
  };

  it("an isolate that may allows itself ten calls a minute, and tells of each fault", async () => {
    const { isolate, take, clock, faults } = built({ policy: "allow" });
    const one = isolate();
    const takes = async (wanted: number) => {
      let made = 0;
      // oxlint-disable-next-line no-await-in-loop -- one after another
      for (let call = 0; call < wanted; call += 1) if ((await take(one)) === null) made += 1;
      return made;
    };
    expect(await takes(12)).toBe(10);
    expect(faults.length).toBeGreaterThanOrEqual(1);
    clock.advance(minuteMs);
    expect(await takes(12)).toBe(10);
  });

  it("an isolate that must not makes none, and says when to ask again", async () => {
    const { isolate, take } = built({ policy: "refuse" });
    expect(await take(isolate())).toEqual({ reason: "budget_spent", retryAfterSeconds: 5 });
  });

  it("it is left alone for five seconds, then asked again", async () => {
    const { isolate, take, clock, tenant, faults, fix } = built({ policy: "refuse" });
    const one = isolate();
    await take(one);
    fix();
    expect(await spend(one, tenant, 3)).toBe(0);
    expect(faults).toHaveLength(1);
    clock.advance(5_000);
    expect(await spend(one, tenant, 3)).toBe(3);
  });

  it("a day that is known to be spent stays spent", async () => {
    const { isolate, take, tenant, clock, fix, breakAgain } = built({
      limits: { day: 2, minute: 2 },
    });
    fix();
    const one = isolate();
    expect(await spend(one, tenant, 3)).toBe(2);
    breakAgain();
    clock.advance(minuteMs);
    expect(await take(one)).toMatchObject({ reason: "budget_spent" });
  });

  it("usage is not known", async () => {
    const { isolate, tenant, clock } = built({});
    const asking = isolate().tally(tenant);
    await Promise.resolve();
    clock.advance(patientMs);
    expect(await asking).toBeNull();
  });
});

describe("what BUDGET counts", () => {
  it("is requests, cached ones and calls of the day, told in batches and on asking", async () => {
    const built = house();
    const one = built.isolate();
    let posts = 0;
    built.budget = (tenant) => ({
      lease: async (nowMs, limits) => stubOf(tenant).lease(nowMs, limits),
      tally: async (nowMs) => stubOf(tenant).tally(nowMs),
      post: async (nowMs, entries) => {
        posts += 1;
        await stubOf(tenant).post(nowMs, entries);
      },
    });
    for (let request = 0; request < 201; request += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await counted(one, built.tenant, request % 4 === 0);
    }
    // The first tells that there is somebody; then every hundredth does.
    expect(posts).toBe(3);
    built.clock.advance(10_000);
    await counted(one, built.tenant);
    expect(posts).toBe(4);
    await spend(one, built.tenant, 3);
    const tally = await one.tally(built.tenant);
    expect(tally?.day).toEqual({ requests: 202, cached: 51, calls: 4 });
    expect(tally?.minute).toEqual(tally?.day);
  });

  it("is kept by an isolate until BUDGET takes it, for a day", async () => {
    const built = house();
    const one = built.isolate();
    built.budget = () => unreachable;
    await counted(one, built.tenant, true);
    built.clock.advance(minuteMs);
    await counted(one, built.tenant);
    built.budget = stubOf;
    expect((await one.tally(built.tenant))?.day).toMatchObject({ requests: 2, cached: 1 });
    built.budget = () => unreachable;
    built.clock.advance(minuteMs);
    await counted(one, built.tenant);
    built.clock.advance(dayMs + minuteMs);
    built.budget = stubOf;
    expect((await one.tally(built.tenant))?.day).toMatchObject({ requests: 0 });
  });

  it("goes after the day that follows; nothing but numbers is held", async () => {
    const { isolate, clock, tenant } = house();
    const one = isolate();
    const rows = () =>
      runInDurableObject(stubOf(tenant), (_: Budget, state) =>
        state.storage.sql.exec("SELECT * FROM tally").toArray(),
      );
    await counted(one, tenant);
    for (let day = 0; day < 4; day += 1) {
      clock.advance(dayMs);
      // oxlint-disable-next-line no-await-in-loop -- days follow each other
      await counted(one, tenant);
    }
    const left = await rows();
    expect(left).toHaveLength(3);
    for (const row of left) {
      expect(row["period"]).toMatch(/^(?:day|minute)$/);
      for (const name of ["number", "calls", "requests", "cached"]) {
        expect(row[name]).toBeTypeOf("number");
      }
    }
    const tables = await runInDurableObject(stubOf(tenant), (_: Budget, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table'").toArray(),
    );
    expect(tables.map(({ name }) => name)).toEqual(["tally"]);
  });
});
