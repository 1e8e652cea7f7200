// Guarantees of work that several want at once: done once, and never waited for in vain.
import { describe, expect, it } from "vitest";
import type { Deadline, SharedWork } from "../../../gateway/core/ports.ts";
import { createDeadline } from "../../../gateway/resilience/deadline.ts";
import { createSingleFlight } from "../../../gateway/resilience/single-flight.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** What a stage keeps back for the answer, of every deadline. */
const reserveMs = 150;

function setUp() {
  const clock = new ManualClock();
  const flights = createSingleFlight<string>(clock);
  /** Work under way, in the order it was begun: each lands when a test says so. */
  const begun: PromiseWithResolvers<string>[] = [];
  const kept: Promise<string>[] = [];
  const within = (ms: number): Deadline => createDeadline(clock, clock.nowMs(), reserveMs + ms);
  const share = (name: string, ms = 1_000, change: Partial<SharedWork<string>> = {}) =>
    flights.share(name, {
      deadline: within(ms),
      work: () => {
        const work = Promise.withResolvers<string>();
        begun.push(work);
        return work.promise;
      },
      keepAlive: (landing) => kept.push(landing),
      isOfUse: () => true,
      ...change,
    });
  return { clock, begun, kept, share };
}

/** Lets everything happen that needs no clock. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("fifty who want the same at once", () => {
  it("cause it to be done once, and all get it; one of them kept it alive", async () => {
    const { begun, kept, share } = setUp();
    const all = Array.from({ length: 50 }, () => share("a"));
    await turn();
    expect(begun).toHaveLength(1);
    expect(kept).toHaveLength(1);
    begun[0]?.resolve("done");
    const answers = await Promise.all(all);
    expect(answers.filter(({ joined }) => !joined)).toHaveLength(1);
    expect(new Set(answers.map(({ value }) => value))).toEqual(new Set(["done"]));
  });

  it("go on when the one who works never comes to an end: one of them takes over", async () => {
    const { clock, begun, share } = setUp();
    void share("a", 10_000);
    const followers = Array.from({ length: 49 }, () => share("a"));
    await turn();
    clock.advance(749);
    await turn();
    expect(begun).toHaveLength(1);
    clock.advance(1);
    await turn();
    expect(begun).toHaveLength(2);
    begun[1]?.resolve("done");
    const answers = await Promise.all(followers);
    expect(answers.map(({ value }) => value)).toEqual(Array.from({ length: 49 }, () => "done"));
  });

  it("do not wait longer than the one who works could need", async () => {
    const { clock, begun, share } = setUp();
    void share("a", 1_000);
    void share("a", 20_000);
    await turn();
    clock.advance(1_050);
    await turn();
    expect(begun).toHaveLength(2);
  });

  it("are not held up by one who gave up long ago", async () => {
    const { clock, begun, share } = setUp();
    void share("a", 1_000);
    await turn();
    clock.advance(5_000);
    void share("a");
    await turn();
    expect(begun).toHaveLength(2);
  });
});

describe("what is shared", () => {
  it("is what has the same name and no more", async () => {
    const { begun, share } = setUp();
    void share("a");
    void share("b");
    await turn();
    expect(begun).toHaveLength(2);
  });

  it("is remembered no longer than it takes", async () => {
    const { begun, share } = setUp();
    const first = share("a");
    await turn();
    begun[0]?.resolve("one");
    await first;
    const second = share("a");
    await turn();
    begun[1]?.resolve("two");
    expect(await second).toEqual({ value: "two", joined: false });
  });

  it("serves only those it is of use to: the others do it themselves, once", async () => {
    const { begun, share } = setUp();
    const hasty = share("a", 400);
    const isOfUse = (value: string) => value !== "out of time";
    const patient = [share("a", 9_000, { isOfUse }), share("a", 9_000, { isOfUse })];
    await turn();
    begun[0]?.resolve("out of time");
    expect((await hasty).value).toBe("out of time");
    await turn();
    expect(begun).toHaveLength(2);
    begun[1]?.resolve("done");
    expect((await Promise.all(patient)).map(({ value }) => value)).toEqual(["done", "done"]);
  });

  it("is a defect to all when it is one, and the next try starts anew", async () => {
    const { begun, kept, share } = setUp();
    const both = [share("a"), share("a")];
    await turn();
    begun[0]?.reject(new TypeError("a bug"));
    const outcomes = await Promise.allSettled([...both, ...kept]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    const third = share("a");
    await turn();
    begun[1]?.resolve("done");
    expect((await third).value).toBe("done");
  });

  it("is not waited for by one who has no time", async () => {
    const { begun, share } = setUp();
    void share("a");
    void share("a", 0);
    await turn();
    expect(begun).toHaveLength(2);
  });
});
