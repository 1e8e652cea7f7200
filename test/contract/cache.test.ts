// The cache as a caller meets it: what it says of itself, and what it does when things go wrong.
import { createExecutionContext, reset, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { rankAnswer } from "../../gateway/edge/answer-schema.ts";
import worker from "../../gateway/index.ts";
import geminiBlocked from "../fixtures/gemini-blocked.json";
import { freshText, life } from "./service.ts";
import { FakeControl } from "./support.ts";

const vllm = new FakeControl(inject("vllm"));
const gemini = new FakeControl(inject("gemini"));
const hourMs = 3_600_000;

let events: Record<string, unknown>[] = [];

beforeEach(() => {
  events = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => {
    events.push(JSON.parse(line) as Record<string, unknown>);
  });
  vi.spyOn(console, "warn").mockReturnValue();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await vllm.reset();
  await gemini.reset();
  await reset();
});

/** A Worker of its own, with a memory of its own; KV is shared unless it is replaced. */
class Isolate {
  readonly #env: Env;

  constructor(change: object = {}) {
    this.#env = { ...env, ...change };
  }

  /** Posts to /v1/rank and waits for all that is deferred. */
  async rank(body: object) {
    const context = createExecutionContext();
    const request = new Request("https://themerank.test/v1/rank", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ themes: life, ...body }),
    });
    const response = await worker.fetch(
      request as Request<unknown, IncomingRequestCfProperties>,
      this.#env,
      context,
    );
    const answer = rankAnswer.parse(await response.json());
    await waitOnExecutionContext(context);
    return { ...answer, header: response.headers.get("cache-status") };
  }
}

const storedKeys = async () => (await env.CACHE.list()).keys;

/** Moves all that is stored into the past. */
async function age(byMs: number): Promise<void> {
  for (const { name } of await storedKeys()) {
    const entry = await env.CACHE.get<{ themes: Record<string, number[]> }>(name, "json");
    const themes = Object.entries(entry?.themes ?? {}).map(([hash, [value, sd, ...times]]) => {
      return [hash, [value, sd, ...times.map((time) => time - byMs)]];
    });
    const aged = { ...entry, themes: Object.fromEntries(themes) as object };
    await env.CACHE.put(name, JSON.stringify(aged));
  }
}

const calls = async (fake: FakeControl) => (await fake.requests()).length;

describe("Cache-Status and the cache object", () => {
  it("tell a miss, a hit, a partial hit and a bypass apart", async () => {
    const isolate = new Isolate();
    const text = freshText();
    expect(await isolate.rank({ text })).toMatchObject({
      header: "themerank; fwd=miss",
      cache: { status: "miss", known: 0, ranked: 24, age_s: null },
    });
    expect(await isolate.rank({ text, top_k: 3 })).toMatchObject({
      header: expect.stringMatching(/^themerank; hit; ttl=\d{5}$/) as string,
      cache: { status: "hit", known: 24, ranked: 0, age_s: 0 },
      attempts: [],
    });
    expect(await isolate.rank({ text, themes: [...life, "Gardening"] })).toMatchObject({
      header: 'themerank; fwd=partial; detail="24 known, 1 ranked"',
      cache: { status: "partial", known: 24, ranked: 1, age_s: expect.any(Number) as number },
    });
    expect(await isolate.rank({ text, cache: "no-store" })).toMatchObject({
      header: "themerank; fwd=bypass",
      cache: { status: "bypass", known: 0, ranked: 24, age_s: null },
    });
    expect(await isolate.rank({ text, cache: "refresh" })).toMatchObject({
      header: "themerank; fwd=miss",
      cache: { status: "miss", known: 0, ranked: 24, age_s: null },
    });
  });

  it("tell stale scores, which stand in for an origin that fails, before Gemini is paid", async () => {
    const text = freshText();
    const first = await new Isolate().rank({ text });
    await age(25 * hourMs);
    await vllm.break({ kind: "reset" });
    const stale = await new Isolate().rank({ text });
    expect(stale).toMatchObject({
      header: expect.stringMatching(/^themerank; fwd=stale; ttl=-\d+; detail=stale$/) as string,
      source: "origin",
      model: "theme-ranker",
      degraded: true,
      reason: "origin_unreachable",
      cache: { status: "stale", known: 24, ranked: 0 },
      attempts: [{ source: "origin", outcome: "failed", reason: "origin_unreachable" }],
      themes: first.themes,
    });
    expect(stale.cache.age_s).toBeGreaterThanOrEqual(25 * 3_600);
    expect(await calls(gemini)).toBe(0);
  });

  it("never tell of stale scores while the origin is well: it is asked first", async () => {
    const text = freshText();
    await new Isolate().rank({ text });
    await age(25 * hourMs);
    const again = await new Isolate().rank({ text });
    expect(again).toMatchObject({ degraded: false, cache: { status: "miss", ranked: 24 } });
    expect(await calls(vllm)).toBe(2);
  });

  it("tell no scores of a week ago, and none where one theme is missing: the next ranker ranks all", async () => {
    const text = freshText();
    await new Isolate().rank({ text });
    await vllm.break({ kind: "reset" });
    const one = await new Isolate().rank({ text, themes: [...life, "Gardening"] });
    expect(one).toMatchObject({
      source: "gemini",
      reason: "origin_unreachable",
      cache: { status: "miss", known: 0, ranked: 25 },
    });
    await age(7 * 24 * hourMs);
    expect(await new Isolate().rank({ text })).toMatchObject({ source: "gemini" });
    await vllm.reset();
  });
});

describe("one theme changed in 24", () => {
  it("costs one prompt and its tokens; all in another order costs none", async () => {
    const isolate = new Isolate();
    const text = freshText();
    const whole = await isolate.rank({ text });
    await vllm.reset();
    const [first, ...others] = life;
    const changed = [{ ...first, description: "Something else entirely" }, ...others];
    const answer = await isolate.rank({ text, themes: changed });
    const prompts = (await vllm.requests()).map(
      ({ body }) => (body as { prompt: string[] }).prompt,
    );
    expect(prompts).toEqual([[expect.stringContaining("Something else entirely")]]);
    expect(answer.cache).toMatchObject({ status: "partial", known: 23, ranked: 1 });
    const [one, all] = [answer.usage.prompt_tokens ?? 0, whole.usage.prompt_tokens ?? 0];
    expect(one).toBeGreaterThan(0);
    expect(one).toBeLessThan(all / 20);
    await vllm.reset();
    const reordered = await isolate.rank({ text, themes: changed.toReversed() });
    expect(reordered).toMatchObject({ cache: { status: "hit" }, usage: { prompt_tokens: 0 } });
    expect(await calls(vllm)).toBe(0);
  });
});

describe("fifty identical requests at once", () => {
  it("cost one upstream call, are told that they were collapsed, and are billed once", async () => {
    await vllm.break({ kind: "delay", ms: 150 });
    const isolate = new Isolate();
    const text = freshText();
    const answers = await Promise.all(
      // What is cut from the ranking afterwards makes no difference to it.
      Array.from({ length: 50 }, (_, index) => isolate.rank({ text, top_k: 1 + (index % 24) })),
    );
    expect(await calls(vllm)).toBe(1);
    expect(new Set(answers.map(({ themes }) => themes[0]?.score)).size).toBe(1);
    const collapsed = answers.filter(({ header }) => header === "themerank; fwd=miss; collapsed");
    expect(collapsed).toHaveLength(49);
    expect(answers.filter(({ usage }) => usage.prompt_tokens !== 0)).toHaveLength(1);
    expect(collapsed[0]?.usage).toMatchObject({ prompt_tokens: 0, saved_usd: null });
    expect(events.filter(({ collapsed: was }) => was === true)).toHaveLength(49);
  });

  it("share a failure too: one call of the origin, one of Gemini", async () => {
    await vllm.break({ kind: "reset" });
    await gemini.break({ kind: "delay", ms: 150 });
    const isolate = new Isolate();
    const text = freshText();
    const answers = await Promise.all(Array.from({ length: 50 }, () => isolate.rank({ text })));
    expect(answers.every(({ source }) => source === "gemini")).toBe(true);
    expect([await calls(vllm), await calls(gemini)]).toEqual([1, 1]);
  });

  it("of different words are not mixed up", async () => {
    await vllm.break({ kind: "delay", ms: 50 });
    const isolate = new Isolate();
    const text = freshText();
    const [a, b] = await Promise.all([
      isolate.rank({ text, themes: ["Debt", "Sea"] }),
      isolate.rank({ text, themes: ["Debt", "Night"] }),
    ]);
    expect(a.themes.map(({ id }) => id).toSorted()).toEqual(["Debt", "Sea"]);
    expect(b.themes.map(({ id }) => id).toSorted()).toEqual(["Debt", "Night"]);
    expect(await calls(vllm)).toBe(2);
  });
});

describe("a text that Gemini refuses", () => {
  const allGemini = { ORIGIN_BASE_URL: "" };

  it("is not sent again for 5 minutes, by any isolate, and its name tells nothing", async () => {
    await gemini.break({ kind: "body", body: geminiBlocked });
    const text = freshText();
    expect(await new Isolate(allGemini).rank({ text })).toMatchObject({
      source: "lexical",
      reason: "gemini_blocked",
      attempts: [{ source: "gemini", outcome: "failed" }, { source: "lexical" }],
    });
    await gemini.reset();
    expect(await new Isolate(allGemini).rank({ text })).toMatchObject({
      source: "lexical",
      reason: "gemini_blocked",
      cache: { status: "miss" },
      attempts: [{ source: "gemini", outcome: "skipped" }, { source: "lexical" }],
    });
    expect(await calls(gemini)).toBe(0);
    const keys = await storedKeys();
    expect(keys.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^blocked:\d+:[0-9a-f]{64}$/),
    ]);
    const lifeSeconds = (keys[0]?.expiration ?? 0) - Date.now() / 1_000;
    expect(lifeSeconds).toBeGreaterThan(290);
    expect(lifeSeconds).toBeLessThan(302);
  });

  it("is asked for again on refresh, and other texts are not held up", async () => {
    await gemini.break({ kind: "body", body: geminiBlocked });
    const isolate = new Isolate(allGemini);
    const text = freshText();
    await isolate.rank({ text });
    await gemini.reset();
    expect(await isolate.rank({ text: freshText() })).toMatchObject({ source: "gemini" });
    expect(await isolate.rank({ text, cache: "refresh" })).toMatchObject({ source: "gemini" });
  });
});

describe("what is stored", () => {
  it("holds no word of text, theme or id, in keys, metadata or values", async () => {
    const themes = [{ id: "canary-id", label: "Canary label", description: "Canary words" }];
    await new Isolate().rank({ text: "A canary sings of rent.", themes });
    await vllm.break({ kind: "reset" });
    await new Isolate().rank({ text: "Another canary sings of rent.", themes });
    const keys = await storedKeys();
    expect(keys).toHaveLength(2);
    const values = await Promise.all(keys.map(({ name }) => env.CACHE.get(name)));
    expect(JSON.stringify([keys, values])).not.toMatch(/canary/i);
  });

  it("is nothing with no-store, and nothing of words alone", async () => {
    await new Isolate().rank({ text: freshText(), cache: "no-store" });
    await new Isolate().rank({ text: freshText(), sources: ["lexical"] });
    expect(await storedKeys()).toEqual([]);
  });

  it("lasts a week, an hour from a fallback", async () => {
    await new Isolate().rank({ text: freshText() });
    await vllm.break({ kind: "reset" });
    await new Isolate().rank({ text: freshText() });
    const lives = (await storedKeys()).map(
      ({ expiration = 0 }) => (expiration - Date.now() / 1_000) / 3_600,
    );
    const [short = 0, long = 0] = lives.toSorted((a, b) => a - b);
    expect(short).toBeCloseTo(1, 1);
    expect(long).toBeCloseTo(168, 1);
  });
});

describe("KV that fails", () => {
  /** The pool's KV, of which some methods are replaced. */
  const broken = (parts: Partial<Record<"get" | "put", () => unknown>>) => ({
    CACHE: {
      get: env.CACHE.get.bind(env.CACHE),
      put: env.CACHE.put.bind(env.CACHE),
      ...parts,
    },
    KV_TIMEOUT_MS: "200",
  });
  const rejected = () => Promise.reject(new Error("KV GET failed: 500"));
  const forged = (entry: object) => () => Promise.resolve(JSON.stringify(entry));

  it.each<[string, () => unknown, string[] | undefined]>([
    ["rejects", rejected, ["get_failed"]],
    [
      "throws",
      () => {
        throw new TypeError("no such method");
      },
      ["get_failed"],
    ],
    ["hangs", () => new Promise(() => {}), ["get_timeout"]],
    ["gives what is no JSON", () => Promise.resolve("{"), ["get_failed"]],
    [
      "gives another tenant's entry",
      forged({ tenant: "other", model: "m", themes: {} }),
      undefined,
    ],
    ["gives nonsense", forged({ tenant: "local", model: 1, themes: [] }), undefined],
  ])("on a read, because it %s, costs no answer", async (_, get, faults) => {
    const text = freshText();
    const answer = await new Isolate(broken({ get })).rank({ text });
    expect(answer).toMatchObject({ source: "origin", degraded: false, cache: { status: "miss" } });
    expect(answer.themes).toHaveLength(24);
    const told = events.at(-1)?.["cache_faults"] as string[] | undefined;
    expect(told?.slice(0, 1)).toEqual(faults);
  });

  it("on a read loses nothing that is stored, and this isolate remembers what it ranked", async () => {
    const text = freshText();
    await new Isolate().rank({ text });
    const blind = new Isolate(broken({ get: rejected }));
    await blind.rank({ text, themes: ["Debt"] });
    expect((await blind.rank({ text, themes: ["Debt"] })).cache.status).toBe("hit");
    expect((await new Isolate().rank({ text })).cache.status).toBe("hit");
  });

  it("on a write, as with 429, costs no answer; the event says so, and this isolate remembers", async () => {
    const refused = () => Promise.reject(new Error("KV PUT failed: 429 Too Many Requests"));
    const isolate = new Isolate(broken({ put: refused }));
    const text = freshText();
    expect(await isolate.rank({ text })).toMatchObject({ source: "origin", degraded: false });
    expect(events.at(-1)).toMatchObject({ status: 200, cache_faults: ["put_failed"] });
    expect((await isolate.rank({ text })).cache.status).toBe("hit");
    expect((await new Isolate().rank({ text })).cache.status).toBe("miss");
  });

  it("is not there for the hottest keys: they are served from memory", async () => {
    const text = freshText();
    let reads = 0;
    const get = (...args: [string, "text"]) => {
      reads += 1;
      return env.CACHE.get(...args);
    };
    const isolate = new Isolate(broken({ get: get as () => unknown }));
    for (let i = 0; i < 5; i += 1) await isolate.rank({ text });
    expect(reads).toBe(1);
  });
});
