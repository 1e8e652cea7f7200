// Random histories of requests, outages and faults of KV, and what holds in each of them.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rankerSources } from "../../gateway/core/domain.ts";
import { Invariants } from "./invariants.ts";
import { forgeries, isolateCount, locationCount, World, type Event } from "./world.ts";

/** 100,000 and more with THEME_CACHE_RUNS, a failing history's SEED with THEME_CACHE_SEED. */
const runs = Number(process.env["THEME_CACHE_RUNS"] ?? 2_000);
const seed = process.env["THEME_CACHE_SEED"];

const second = 1_000;
const [minute, hour] = [60 * second, 3_600 * second];
const day = 24 * hour;

const isolate = fc.nat(isolateCount - 1);
const tenant = fc.constantFrom("acme", "umbrella");
const labels = fc.uniqueArray(fc.constantFrom("Money", "Sleep", "Work", "Love"), { minLength: 1 });
const mode = fc.constantFrom("default" as const, "default", "default", "refresh", "no-store");

const request: fc.Arbitrary<Event> = fc.record({
  kind: fc.constant("request" as const),
  isolate,
  tenant,
  text: fc.constantFrom("Rent is due.", "I lie awake."),
  labels,
  mode,
  sources: fc.oneof(
    { weight: 3, arbitrary: fc.constant([...rankerSources]) },
    { weight: 1, arbitrary: fc.subarray([...rankerSources], { minLength: 1 }) },
  ),
  beside: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.record({ labels, mode }), { maxLength: 3 }) },
  ),
});

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("again" as const) }) },
  { weight: 24, arbitrary: request },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("origin" as const),
      state: fc.constantFrom("up", "up", "down", "slow", "known to be down"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("gemini" as const),
      state: fc.constantFrom("up", "down", "refuses"),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      ms: fc.constantFrom(
        300,
        second,
        30 * second,
        61 * second,
        5 * minute,
        hour,
        12 * hour,
        day,
        3 * day,
        8 * day,
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("kv" as const),
      location: fc.nat(locationCount - 1),
      readFault: fc.constantFrom("none", "none", "error", "timeout", "old", "forged"),
      writesFail: fc.constantFrom(false, false, true),
      viewMs: fc.constantFrom(0, minute, 5 * minute),
      lagMs: fc.constantFrom(0, minute, 3 * minute),
      forgery: fc.constantFrom(...forgeries),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("purge" as const), tenant }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("evict" as const), isolate }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("new model" as const) }) },
);

describe("in every history of requests, outages, clock moves and faults of KV", () => {
  it(`holds each of ${Invariants.names.length} invariants, in ${runs} of them`, async () => {
    const told = { requests: 0, hits: 0, partials: 0, stale: 0, joined: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 4, maxLength: 24, size: "max" }),
        fc.constantFrom("pair" as const, "pair" as const, "set" as const),
        async (history, scope) => {
          const invariants = new Invariants(scope);
          const world = new World(invariants, scope);
          for (const each of history) {
            // oxlint-disable-next-line no-await-in-loop -- a history is one after the other
            await world.happen(each);
          }
          await world.end();
          invariants.throwIfBroken();
          for (const status of invariants.statuses) {
            told.requests += 1;
            if (status === "hit") told.hits += 1;
            if (status === "partial") told.partials += 1;
            if (status === "stale") told.stale += 1;
            if (status === "collapsed") told.joined += 1;
          }
        },
      ),
      {
        numRuns: runs,
        ...(seed !== undefined && { seed: Number(seed) }),
      },
    );
    console.log(JSON.stringify(told));
    // The histories are no use unless they get to what is to be shown.
    expect(Math.min(told.hits, told.partials, told.stale, told.joined)).toBeGreaterThan(runs / 100);
  }, 3_600_000);
});
