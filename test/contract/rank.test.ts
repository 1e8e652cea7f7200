// POST /v1/rank, /v1/analyze and /rank-themes: what a caller is promised.
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { analyzeAnswer, rankAnswer, rankThemesAnswer } from "../../gateway/edge/answer-schema.ts";
import { FakeControl } from "./support.ts";
import { freshText, life, post, type Overrides } from "./service.ts";

const vllm = new FakeControl(inject("vllm"));
const gemini = new FakeControl(inject("gemini"));

afterEach(async () => {
  await vllm.reset();
  await gemini.reset();
});

async function rank(body: object, overrides: Overrides = {}) {
  const response = await post("/v1/rank", body, overrides);
  const answer: unknown = await response.json();
  expect(answer).toEqual(rankAnswer.parse(answer));
  return { ...rankAnswer.parse(answer), headers: response.headers };
}

async function analyze(body: object, overrides: Overrides = {}) {
  const response = await post("/v1/analyze", body, overrides);
  return analyzeAnswer.parse(await response.json());
}

/** Only where a fault hangs: a slow machine must not fail over by itself. */
const hasty = { ORIGIN_TIMEOUT_MS: "300", GEMINI_TIMEOUT_MS: "300", SUMMARY_TIMEOUT_MS: "300" };

const calls = async (fake: FakeControl) => (await fake.requests()).length;

describe("a ranking", () => {
  it("holds every theme once, best first, with ranks and confidence", async () => {
    const answer = await rank({ text: freshText(), themes: life });
    expect(answer.themes.map(({ id }) => id).toSorted()).toEqual(
      life.map(({ id }) => id).toSorted(),
    );
    expect(answer.themes.map((theme) => theme.rank)).toEqual(life.map((_, index) => index + 1));
    const scores = answer.themes.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(answer.themes[0]).toMatchObject({ id: "money", rank: 1 });
    expect(answer.themes[0]?.confidence).toBeGreaterThan(0);
    expect(answer).toMatchObject({
      source: "origin",
      model: "theme-ranker",
      degraded: false,
      reason: null,
      cache: { status: "miss", known: 0, ranked: 24, age_s: null },
      attempts: [{ source: "origin", outcome: "ok", reason: null }],
    });
    expect(await calls(vllm)).toBe(1);
  });

  it("is cut by top_k and min_score after every theme was scored", async () => {
    const text = freshText();
    const all = await rank({ text, catalog: "life" });
    const three = await rank({ text, catalog: "life", top_k: 3 });
    expect(three.themes).toEqual(all.themes.slice(0, 3));
    const floor = all.themes[1]?.score ?? 0;
    const above = await rank({ text, catalog: "life", min_score: floor });
    expect(above.themes).toEqual(all.themes.filter(({ score }) => score >= floor));
    expect(above.cache).toMatchObject({ status: "hit", known: 24, ranked: 0 });
  });

  it("takes a string for a theme with that id and label", async () => {
    const { themes } = await rank({ text: freshText(), themes: ["Debt", { label: "Sea" }] });
    expect(themes.map(({ id, label }) => [id, label])).toEqual([
      ["Debt", "Debt"],
      ["Sea", "Sea"],
    ]);
  });

  it("keeps the order of the request between equal scores", async () => {
    const themes = ["Zebra", "Apple", "Mango"];
    const answer = await rank({ text: "Nothing of these.", themes, sources: ["lexical"] });
    expect(answer.themes.map(({ id }) => id)).toEqual(themes);
  });

  it("tells its way in headers", async () => {
    const text = freshText();
    const first = await rank({ text, themes: ["Debt"] });
    expect(first.headers.get("cache-status")).toBe("themerank; fwd=miss");
    expect(first.headers.get("server-timing")).toMatch(
      /^cache;dur=\d+, origin;dur=\d+, total;dur=\d+$/,
    );
    expect(first.headers.get("cache-control")).toBe("no-store");
    expect(first.headers.get("x-request-id")).toBe(first.id);
    const second = await rank({ text, themes: ["Debt"] });
    expect(second.headers.get("cache-status")).toMatch(/^themerank; hit; ttl=\d{5}$/);
    expect(second.headers.get("server-timing")).toMatch(/^cache;dur=\d+, total;dur=\d+$/);
  });
});

describe("a repeat", () => {
  it("is answered with no upstream call, whatever the order of themes and keys and the top_k", async () => {
    const text = freshText();
    const first = await rank({ text, themes: life });
    await vllm.reset();
    const repeats = [
      { text, themes: life },
      { themes: life.toReversed(), text },
      { text, themes: life, top_k: 5 },
      {
        text: ` ${text}\n`,
        themes: life.map(({ id, label, description }) => ({ description, label, id })),
      },
    ];
    for (const body of repeats) {
      const again = await rank(body);
      expect(again.cache).toMatchObject({ status: "hit", known: 24, ranked: 0 });
      expect(again.attempts).toEqual([]);
      expect(again.usage).toMatchObject({ prompt_tokens: 0, completion_tokens: 0 });
      const expected = new Map(first.themes.map(({ id, score }) => [id, score]));
      for (const { id, score } of again.themes) expect(score).toBe(expected.get(id));
    }
    expect(await calls(vllm)).toBe(0);
  });

  it("with one theme more asks for that theme alone", async () => {
    const text = freshText();
    await rank({ text, themes: life });
    await vllm.reset();
    const answer = await rank({ text, themes: [...life, "Gardening"] });
    expect(answer.cache).toMatchObject({ status: "partial", known: 24, ranked: 1 });
    const [request] = await vllm.requests();
    expect(request?.body).toMatchObject({ prompt: [expect.stringContaining("Gardening")] });
    expect((await rank({ text, themes: [...life, "Gardening"] })).cache.status).toBe("hit");
  });

  it("with refresh asks again and is remembered; with no-store it leaves no trace", async () => {
    const text = freshText();
    const secret = await rank({ text, themes: ["Debt"], cache: "no-store" });
    expect(secret.cache.status).toBe("bypass");
    expect((await rank({ text, themes: ["Debt"] })).cache.status).toBe("miss");
    expect((await rank({ text, themes: ["Debt"], cache: "refresh" })).cache.status).toBe("miss");
    expect((await rank({ text, themes: ["Debt"] })).cache.status).toBe("hit");
    expect(await calls(vllm)).toBe(3);
  });

  it("of another model version is asked anew", async () => {
    const text = freshText();
    await rank({ text, themes: ["Debt"] });
    const other = await rank({ text, themes: ["Debt"] }, { ORIGIN_MODEL_VERSION: "next" });
    expect(other).toMatchObject({ model: "next", cache: { status: "miss" } });
  });
});

describe("failover", () => {
  it("answers from Gemini while the origin is down, says so, and goes back by itself", async () => {
    await vllm.break({ kind: "reset" });
    const down = await rank({ text: freshText(), themes: life });
    expect(down).toMatchObject({
      source: "gemini",
      degraded: true,
      reason: "origin_unreachable",
      attempts: [
        { source: "origin", outcome: "failed", reason: "origin_unreachable" },
        { source: "gemini", outcome: "ok", reason: null },
      ],
    });
    expect(down.themes).toHaveLength(24);
    expect(down.themes[0]?.confidence).toBeNull();
    await vllm.reset();
    const back = await rank({ text: freshText(), themes: life });
    expect(back).toMatchObject({ source: "origin", degraded: false, reason: null });
  });

  it("answers from words alone when both are down", async () => {
    await vllm.break({ kind: "hang" });
    await gemini.break({ kind: "status", status: 503 });
    const answer = await rank({ text: freshText(), themes: life }, hasty);
    expect(answer).toMatchObject({ source: "lexical", degraded: true, reason: "origin_timeout" });
    expect(answer.attempts.map(({ source, outcome }) => [source, outcome])).toEqual([
      ["origin", "failed"],
      ["gemini", "failed"],
      ["lexical", "ok"],
    ]);
  });

  it("ranks the whole list by the next ranker when a new theme fails: never a mixture", async () => {
    const text = freshText();
    await rank({ text, themes: life });
    await vllm.break({ kind: "reset" });
    const answer = await rank({ text, themes: [...life, "Gardening"] });
    expect(answer).toMatchObject({
      source: "gemini",
      cache: { status: "miss", known: 0, ranked: 25 },
    });
    await vllm.reset();
    expect((await rank({ text, themes: life })).cache.status).toBe("hit");
  });

  it("never lets a fallback's answer stand before the origin's", async () => {
    const text = freshText();
    await vllm.break({ kind: "reset" });
    expect((await rank({ text, themes: life })).source).toBe("gemini");
    const again = await rank({ text, themes: life.toReversed() });
    expect(again).toMatchObject({ source: "gemini", degraded: true, cache: { status: "hit" } });
    expect(await calls(gemini)).toBe(1);
    await vllm.reset();
    expect((await rank({ text, themes: life })).source).toBe("origin");
  });

  it("stays within the sources a caller accepts", async () => {
    await vllm.break({ kind: "reset" });
    const response = await post("/v1/rank", {
      text: freshText(),
      themes: life,
      sources: ["origin"],
    });
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(await response.json()).toMatchObject({
      type: "/problems/ranking-unavailable",
      retryable: true,
      attempts: [{ source: "origin", outcome: "failed", reason: "origin_unreachable" }],
    });
    expect(await calls(gemini)).toBe(0);
  });

  it("tells a spent budget from an outage", async () => {
    await vllm.break({ kind: "hang" });
    const response = await post(
      "/v1/rank",
      { text: freshText(), themes: life, sources: ["origin"], timeout_ms: 1_000 },
      { ORIGIN_TIMEOUT_MS: "20000" },
    );
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ type: "/problems/deadline-exceeded" });
  });

  it("leaves the next ranker its time when one hangs, whatever the size of the request", async () => {
    await vllm.break({ kind: "hang" });
    const text = `${freshText()} ${"The rent is late. ".repeat(500)}`;
    const answer = await rank({ text, themes: life, timeout_ms: 2_500 });
    expect(answer).toMatchObject({ source: "gemini", degraded: true, reason: "origin_timeout" });
    expect(answer.processing_time_ms).toBeLessThan(2_500);
  });

  it("needs no budget for words: lexical answers where it is accepted", async () => {
    await vllm.break({ kind: "hang" });
    await gemini.break({ kind: "hang" });
    const answer = await rank({ text: freshText(), themes: life, timeout_ms: 1_000 });
    expect(answer).toMatchObject({ source: "lexical", degraded: true, reason: "origin_timeout" });
    expect(answer.processing_time_ms).toBeLessThan(1_200);
  });

  it("tells in its event what was tried when nobody answered", async () => {
    const lines: string[] = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
    await vllm.break({ kind: "status", status: 500 });
    await post("/v1/rank", { text: freshText(), themes: life, sources: ["origin"] });
    vi.restoreAllMocks();
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      status: 503,
      problem: "ranking-unavailable",
      reason: "origin_error",
      attempts: [{ source: "origin", outcome: "failed", reason: "origin_error" }],
    });
  });
});

describe("a deployment by its settings", () => {
  const noGemini = { GEMINI_API_KEY: "" };
  const noOrigin = { ORIGIN_BASE_URL: "" };

  it("all-Gemini ranks and summarises by Gemini, and that is no degradation", async () => {
    const answer = await analyze({ text: freshText(), themes: life }, noOrigin);
    expect(answer).toMatchObject({
      source: "gemini",
      degraded: false,
      summary: { source: "gemini" },
    });
    expect(await calls(vllm)).toBe(0);
  });

  it("all-local ranks and summarises by the origin; nothing leaves the house", async () => {
    const answer = await analyze({ text: freshText(), themes: life }, noGemini);
    expect(answer).toMatchObject({ source: "origin", summary: { source: "origin", reason: null } });
    expect(await calls(gemini)).toBe(0);
  });

  it("with EGRESS=none never calls Gemini, failover included", async () => {
    await vllm.break({ kind: "reset" });
    const answer = await analyze({ text: freshText(), themes: life }, { EGRESS: "none" });
    expect(answer).toMatchObject({
      source: "lexical",
      degraded: true,
      reason: "origin_unreachable",
      summary: { source: "extractive", reason: "egress" },
    });
    expect(answer.attempts[1]).toEqual({
      source: "gemini",
      outcome: "skipped",
      reason: "egress",
      duration_ms: 0,
    });
    expect(await calls(gemini)).toBe(0);
  });

  it("with EGRESS=summary sends Gemini the summary's request alone", async () => {
    await vllm.break({ kind: "reset" });
    const answer = await analyze({ text: freshText(), themes: life }, { EGRESS: "summary" });
    expect(answer).toMatchObject({ source: "lexical", summary: { source: "gemini" } });
    expect(await calls(gemini)).toBe(1);
  });

  it("by rerank asks one /rerank for all themes", async () => {
    const answer = await rank({ text: freshText(), themes: life }, { ORIGIN_DIALECT: "rerank" });
    expect(answer).toMatchObject({ source: "origin" });
    expect(answer.themes[0]?.id).toBe("money");
    expect((await vllm.requests()).map(({ path }) => path)).toEqual(["/v1/rerank"]);
  });

  it("without a pepper keeps nothing", async () => {
    const text = freshText();
    for (let i = 0; i < 2; i += 1) {
      const answer = await rank({ text, themes: ["Debt"] }, { CACHE_PEPPER: "" });
      expect(answer.cache.status).toBe("miss");
    }
  });

  it("that knows no origin answers 422 to a caller who accepts nothing else", async () => {
    const response = await post(
      "/v1/rank",
      { text: "Rent.", themes: ["A"], sources: ["origin"] },
      noOrigin,
    );
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ pointer: "/sources" }] });
  });
});

describe("a wording given twice under two ids", () => {
  it.each([{}, { ORIGIN_DIALECT: "chat" }])(
    "has one score, asked once, hit or miss: %j",
    async (overrides) => {
      const body = {
        text: freshText(),
        themes: [
          { id: "a", label: "Debt" },
          { id: "b", label: "Debt" },
        ],
      };
      const first = await rank(body, overrides);
      expect(first.themes[0]?.score).toBe(first.themes[1]?.score);
      expect(first.cache).toMatchObject({ status: "miss", known: 0, ranked: 2 });
      const again = await rank(body, overrides);
      expect(again).toMatchObject({ themes: first.themes, cache: { status: "hit", known: 2 } });
    },
  );
});

describe("an analysis", () => {
  it("summarises the text around the first themes and names its sentences as evidence", async () => {
    const text = `  \u{1F9FE} ${freshText()}`;
    const answer = await analyze({
      text,
      themes: life,
      evidence: true,
      summary: { max_themes: 3 },
    });
    const top = answer.themes.slice(0, 3);
    expect(answer.summary).toMatchObject({
      status: "complete",
      source: "gemini",
      theme_ids: top.map(({ id }) => id),
      cache: { status: "miss", age_s: null },
      reason: null,
    });
    expect(answer.summary.text).not.toBe("");
    const points = Array.from(text.trim());
    const spans = top[0]?.evidence ?? [];
    expect(spans.map(({ start, end }) => points.slice(start, end).join(""))).toEqual([
      "The bills are late and my debt eats the money.",
    ]);
    expect(answer.themes[3]).not.toHaveProperty("evidence");
  });

  it("has no more themes in its summary than it returns", async () => {
    const answer = await analyze({ text: freshText(), themes: life, top_k: 2 });
    expect(answer.summary.theme_ids).toHaveLength(2);
    const none = await analyze({ text: "Silence.", themes: ["Zebra"], min_score: 99 });
    expect(none.themes).toEqual([]);
    expect(none.summary).toMatchObject({
      status: "unavailable",
      text: null,
      source: null,
      theme_ids: [],
    });
  });

  it("is repeated with no upstream call; ranking and summary are cached apart", async () => {
    const text = freshText();
    await analyze({ text, themes: life });
    await vllm.reset();
    await gemini.reset();
    const again = await analyze({ text, themes: life.toReversed(), top_k: 10 });
    expect(again).toMatchObject({
      cache: { status: "hit" },
      summary: { cache: { status: "hit" } },
    });
    const other = await analyze({ text, themes: life, summary: { language: "fr" } });
    expect(other).toMatchObject({
      cache: { status: "hit" },
      summary: { cache: { status: "miss" } },
    });
    expect([await calls(vllm), await calls(gemini)]).toEqual([0, 1]);
  });

  it("stands with another summarizer when the first fails, and is not cached as the first's", async () => {
    const text = freshText();
    await gemini.break({ kind: "hang" });
    const answer = await analyze({ text, themes: life }, hasty);
    expect(answer).toMatchObject({
      source: "origin",
      degraded: false,
      summary: { status: "complete", source: "origin", reason: "gemini_timeout" },
    });
    await gemini.reset();
    expect((await analyze({ text, themes: life })).summary).toMatchObject({ source: "gemini" });
  });

  it("keeps its ranking when no summary can be had", async () => {
    await gemini.break({ kind: "reset" });
    const answer = await analyze({ text: freshText(), themes: life }, { SUMMARIZERS: "gemini" });
    expect(answer.themes).toHaveLength(24);
    expect(answer.summary).toMatchObject({
      status: "unavailable",
      text: null,
      source: null,
      reason: "gemini_unreachable",
    });
  });
});

describe("/rank-themes", () => {
  it("answers an old client's body with whole scores in the order of the request", async () => {
    const body = { text: freshText(), themes: ["Sea", "Debt", { label: "Night" }], extra: true };
    const answer = rankThemesAnswer.parse(await (await post("/rank-themes", body)).json());
    expect(answer.scores).toHaveLength(3);
    expect(answer.scores.every(Number.isInteger)).toBe(true);
    expect(answer.scores[1]).toBeGreaterThan(answer.scores[0] ?? 100);
    expect(answer.processing_time).toBeLessThan(5);
  });
});
