// The budget of paid calls and GET /v1/usage as a caller meets them; what was asked is the fake Gemini's word.
import { reset } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import {
  analyzeAnswer,
  problemAnswer,
  rankAnswer,
  usageAnswer,
} from "../../gateway/edge/answer-schema.ts";
import { FakeControl } from "./support.ts";
import { freshText, get, life, post, send, type Overrides } from "./service.ts";

const gemini = new FakeControl(inject("gemini"));
const noonMs = Date.UTC(2026, 10, 22, 12);

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: noonMs }));
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await gemini.reset();
  await new FakeControl(inject("vllm")).reset();
  await reset();
});

let deployments = 0;
/** A deployment of its own: isolates keep what they were lent. */
const deployment = (settings: object): Overrides => ({
  ...(settings as Overrides),
  GREETING: `${(deployments += 1)}`,
});
const allGemini = (settings: object) => deployment({ ORIGIN_BASE_URL: "", ...settings });

const rank = async (overrides: Overrides, body: object = {}) =>
  rankAnswer.parse(
    await (await post("/v1/rank", { text: freshText(), themes: life, ...body }, overrides)).json(),
  );
const analyze = async (overrides: Overrides) =>
  analyzeAnswer.parse(
    await (await post("/v1/analyze", { text: freshText(), themes: life }, overrides)).json(),
  );
const usage = async (overrides: Overrides) => {
  const response = await get("/v1/usage", overrides);
  expect(response.status).toBe(200);
  expect(response.headers.get("cache-control")).toBe("no-store");
  return usageAnswer.parse(await response.json());
};
const paid = async () => (await gemini.requests()).length;

/** A BUDGET that is there and does not work. */
const broken = {
  getByName: () => ({
    lease: () => Promise.reject(new Error("no such object")),
    post: () => Promise.reject(new Error("no such object")),
    tally: () => Promise.reject(new Error("no such object")),
  }),
};

describe("a spent budget", () => {
  const spent = { source: "gemini", outcome: "skipped", reason: "budget_spent" };

  it("passes Gemini over: the next ranker answers and says why", async () => {
    const two = allGemini({ GEMINI_DAILY_CALLS: "2" });
    expect(await rank(two)).toMatchObject({ source: "gemini", degraded: false });
    expect(await rank(two)).toMatchObject({ source: "gemini", degraded: false });
    expect(await rank(two)).toMatchObject({
      source: "lexical",
      degraded: true,
      reason: "budget_spent",
      attempts: [spent, { source: "lexical", outcome: "ok" }],
    });
    expect(await paid()).toBe(2);
  });

  it("is a 503 that says when to come back, where nothing else is accepted", async () => {
    const none = allGemini({ GEMINI_MINUTE_CALLS: "0" });
    vi.setSystemTime(noonMs + 35_000);
    const body = { text: freshText(), themes: life, sources: ["gemini"] };
    const response = await post("/v1/rank", body, none);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "25"]);
    const problem = problemAnswer.parse(await response.json());
    expect(problem).toMatchObject({ retryable: true, attempts: [spent] });
    expect(await paid()).toBe(0);
  });

  it("lets the next summarizer write", async () => {
    const one = deployment({ GEMINI_DAILY_CALLS: "1" });
    expect((await analyze(one)).summary).toMatchObject({ source: "gemini", reason: null });
    expect((await analyze(one)).summary).toMatchObject({
      source: "origin",
      status: "complete",
      reason: "budget_spent",
    });
    expect(await paid()).toBe(1);
  });

  it("counts rankings and summaries alike", async () => {
    const three = allGemini({ GEMINI_DAILY_CALLS: "3" });
    expect((await analyze(three)).summary.source).toBe("gemini");
    const second = await analyze(three);
    expect([second.source, second.summary.source]).toEqual(["gemini", "extractive"]);
    expect(await paid()).toBe(3);
  });

  it("counts every request, also to a model that is gone", async () => {
    const one = allGemini({ GEMINI_DAILY_CALLS: "1", GEMINI_MODELS: "gemini-gone,gemini-new" });
    expect(await rank(one)).toMatchObject({ source: "lexical", reason: "budget_spent" });
    expect(await paid()).toBe(1);
  });

  it("counts calls that failed", async () => {
    const one = allGemini({ GEMINI_DAILY_CALLS: "1" });
    await gemini.break({ kind: "status", status: 500, times: 1 });
    expect(await rank(one)).toMatchObject({ reason: "gemini_error" });
    expect(await rank(one)).toMatchObject({ reason: "budget_spent" });
    expect(await paid()).toBe(1);
  });

  it("is not asked for what the cache knows", async () => {
    const one = allGemini({ GEMINI_DAILY_CALLS: "1" });
    const text = freshText();
    const first = await rank(one, { text });
    const again = await rank(one, { text });
    expect(again).toMatchObject({ source: "gemini", degraded: false, cache: { status: "hit" } });
    expect(again.themes).toEqual(first.themes);
    expect((await rank(one)).reason).toBe("budget_spent");
    expect((await usage(one)).gemini?.day).toMatchObject({ used: 1, left: 0 });
  });

  it("is not asked for what may not leave the house", async () => {
    const one = allGemini({ GEMINI_DAILY_CALLS: "1", EGRESS: "none" });
    expect(await analyze(one)).toMatchObject({ reason: "egress", summary: { reason: "egress" } });
    expect((await usage(one)).gemini?.day.used).toBe(0);
  });

  it("is there again in the next minute, and the next day", async () => {
    const one = allGemini({ GEMINI_DAILY_CALLS: "2", GEMINI_MINUTE_CALLS: "1" });
    const sources = [await rank(one), await rank(one)];
    vi.setSystemTime(noonMs + 60_000);
    sources.push(await rank(one));
    vi.setSystemTime(noonMs + 120_000);
    sources.push(await rank(one));
    vi.setSystemTime(noonMs + 12 * 3_600_000);
    sources.push(await rank(one));
    expect(sources.map(({ source }) => source).join(" ")).toBe(
      "gemini lexical gemini lexical gemini",
    );
    expect(await paid()).toBe(3);
  });

  it("holds for a deployment, whichever of its isolates is asked", async () => {
    const isolates = [
      allGemini({ GEMINI_DAILY_CALLS: "3" }),
      allGemini({ GEMINI_DAILY_CALLS: "3" }),
    ] as const;
    const reasons = [];
    // oxlint-disable-next-line no-await-in-loop -- one after another
    for (const isolate of [...isolates, ...isolates]) reasons.push((await rank(isolate)).reason);
    expect(reasons).toEqual([null, null, null, "budget_spent"]);
    expect(await paid()).toBe(3);
  });
});

describe("a BUDGET that does not answer", () => {
  const warnings: string[] = [];
  beforeEach(() => {
    warnings.length = 0;
    vi.spyOn(console, "warn").mockImplementation((line: string) => void warnings.push(line));
  });

  it("lets ten calls a minute through each isolate, unless told otherwise, and is logged", async () => {
    const down = allGemini({ GEMINI_DAILY_CALLS: "500", BUDGET: broken });
    const reasons = [];
    // oxlint-disable-next-line no-await-in-loop -- one after another
    for (let i = 0; i < 11; i += 1) reasons.push((await rank(down)).reason);
    expect(reasons).toEqual([...Array.from({ length: 10 }, () => null), "budget_spent"]);
    expect(warnings).toContain(
      JSON.stringify({ event: "budget_fault", fault: "budget_unreachable" }),
    );
  });

  it("lets nothing through where the policy is to refuse", async () => {
    const settings = { GEMINI_DAILY_CALLS: "500", GEMINI_BUDGET_POLICY: "refuse", BUDGET: broken };
    const down = allGemini(settings);
    expect(await rank(down)).toMatchObject({ source: "lexical", reason: "budget_spent" });
    expect(await paid()).toBe(0);
  });

  it("is told in the usage", async () => {
    const down = allGemini({ BUDGET: broken });
    await rank(down);
    expect(await usage(down)).toEqual({
      day: "2026-11-22",
      budget: "unreachable",
      requests: null,
      cached: null,
      cached_share: null,
      gemini: null,
    });
  });
});

describe("a deployment without BUDGET", () => {
  it("limits nothing and says that nobody counts", async () => {
    const bare = allGemini({ GEMINI_DAILY_CALLS: "0", BUDGET: undefined });
    expect(await rank(bare)).toMatchObject({ source: "gemini", degraded: false });
    expect(await usage(bare)).toMatchObject({ budget: "none", requests: null, gemini: null });
  });
});

describe("GET /v1/usage", () => {
  it("tells today's requests, the cached share, and the calls used and left", async () => {
    const some = deployment({
      ORIGIN_BASE_URL: "",
      GEMINI_DAILY_CALLS: "100",
      GEMINI_MINUTE_CALLS: "20",
    });
    const text = freshText();
    await rank(some, { text });
    await rank(some, { text });
    await rank(some, { text, top_k: 1 });
    // Not a request that reached the rankers.
    await post("/v1/rank", { text: "" }, some);
    await post("/v1/rank", { text, themes: ["A"], sources: ["origin"] }, some);
    await rank(some, { sources: ["lexical"] });
    // Of a lease of two calls one is in hand; it counts until it comes back, a minute later.
    expect(await usage(some)).toEqual({
      day: "2026-11-22",
      budget: "counted",
      requests: 4,
      cached: 2,
      cached_share: 0.5,
      gemini: {
        day: { used: 2, limit: 100, left: 98, resets_at: "2026-11-23T00:00:00.000Z" },
        minute: { used: 2, limit: 20, left: 18, resets_at: "2026-11-22T12:01:00.000Z" },
      },
    });
    vi.setSystemTime(noonMs + 60_000);
    expect((await usage(some)).gemini).toMatchObject({ day: { used: 1 }, minute: { used: 0 } });
    vi.setSystemTime(noonMs + 24 * 3_600_000);
    expect(await usage(some)).toMatchObject({ requests: 0, cached_share: null });
  });

  it("counts without limits where none are set and the mode is open", async () => {
    const open = deployment({});
    await analyze(open);
    expect((await usage(open)).gemini).toEqual({
      day: { used: 1, limit: null, left: null, resets_at: "2026-11-23T00:00:00.000Z" },
      minute: { used: 1, limit: null, left: null, resets_at: "2026-11-22T12:01:00.000Z" },
    });
  });

  it("counts a request that nobody could answer", async () => {
    const none = allGemini({ GEMINI_DAILY_CALLS: "0" });
    await post("/v1/rank", { text: freshText(), themes: life, sources: ["gemini"] }, none);
    expect(await usage(none)).toMatchObject({ requests: 1, cached: 0 });
  });

  it("needs a key where keys are required, and answers no other method", async () => {
    expect((await get("/v1/usage", { AUTH_MODE: "required" })).status).toBe(401);
    const response = await send(
      new Request("https://themerank.test/v1/usage", { method: "DELETE" }),
    );
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});
