// Guarantees of what isolates tell each other, over the real Cache API and KV of the runtime.
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { CircuitNews } from "../../../gateway/resilience/circuit-breaker.ts";
import {
  createColoBoard,
  createWorldBoard,
  readNews,
  stateKey,
  worldTrustMs,
} from "../../../gateway/resilience/noticeboard.ts";
import { ManualClock } from "../support/manual-clock.ts";

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

const clock = new ManualClock();
const news: CircuitNews = {
  state: "open",
  atMs: clock.nowMs(),
  untilMs: clock.nowMs() + 5_000,
  openings: 1,
  reason: "origin_timeout",
};

describe("a data centre's board", () => {
  const board = createColoBoard(caches.default, clock);

  it("keeps the news of each replica apart", async () => {
    expect(await board.read("a", 100)).toBeNull();
    await board.post("a", news);
    expect([await board.read("a", 100), await board.read("b", 100)]).toEqual([news, null]);
  });

  it("lets one isolate probe at a time", async () => {
    expect([await board.claim("a"), await board.claim("a"), await board.claim("b")]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it("knows nothing and lets everybody probe where the Cache API does nothing", async () => {
    vi.spyOn(caches.default, "match").mockResolvedValue(undefined);
    vi.spyOn(caches.default, "put").mockResolvedValue();
    await board.post("a", news);
    expect(await board.read("a", 100)).toBeNull();
    expect([await board.claim("a"), await board.claim("a")]).toEqual([true, true]);
  });

  it("is no obstacle where it throws or hangs", async () => {
    const put = vi.spyOn(caches.default, "put").mockRejectedValue(new Error("no cache"));
    const match = vi.spyOn(caches.default, "match").mockRejectedValue(new Error("no cache"));
    await board.post("a", news);
    expect([await board.read("a", 100), await board.claim("a")]).toEqual([null, true]);
    expect(put).toHaveBeenCalled();
    match.mockReturnValue(new Promise(() => {}));
    const reading = board.read("a", 100);
    clock.advance(100);
    expect(await reading).toBeNull();
  });
});

describe("the world's board", () => {
  const board = createWorldBoard(env.STATE, clock);

  it("has what is down probed at once, until its news is too old to be believed", async () => {
    const atMs = clock.nowMs();
    await board.post("a", { ...news, atMs });
    expect(await env.STATE.get(stateKey("a"))).toContain("origin_timeout");
    clock.advance(worldTrustMs - 1);
    expect(await board.read("a", 100)).toMatchObject({
      state: "open",
      atMs,
      untilMs: clock.nowMs(),
    });
    clock.advance(1);
    expect(await board.read("a", 100)).toBeNull();
  });

  it("never says that the origin is back", async () => {
    await board.post("a", { ...news, state: "returned", atMs: clock.nowMs() });
    expect(await board.read("a", 100)).toBeNull();
  });
});

describe("what somebody else wrote", () => {
  it.each([
    null,
    "open",
    {},
    { ...news, state: "closed" },
    { ...news, atMs: "now" },
    { ...news, untilMs: null },
    { ...news, reason: "a text of a user" },
  ])("is no news: %j", (value) => {
    expect(readNews(value)).toBeNull();
  });

  it("is brought within reason", () => {
    expect(readNews({ ...news, openings: 1e9 })?.openings).toBe(10);
    expect(readNews({ ...news, openings: -3 })?.openings).toBe(1);
  });
});
