// Several texts in one request, on the whole Worker.
import { afterAll, beforeEach, describe, expect, inject, it } from "vitest";
import { guardedEnvironment, issueKey } from "./keys.ts";
import { freshText, life, post, sendTo } from "./service.ts";
import { FakeControl } from "./support.ts";

const vllm = new FakeControl(inject("vllm"));
const gemini = new FakeControl(inject("gemini"));
const reset = () => Promise.all([vllm.reset(), gemini.reset()]);
beforeEach(async () => void (await reset()));
afterAll(async () => void (await reset()));

interface Answer {
  readonly results: {
    readonly id?: string;
    readonly themes?: { id: string; score: number }[];
    readonly cache?: { status: string };
    readonly problem?: { type: string; status: number };
    readonly usage?: { prompt_tokens: number };
  }[];
  readonly usage: { prompt_tokens: number; completion_tokens: number; saved_usd: number | null };
}

const ask = async (body: object, overrides = {}) => {
  const response = await post("/v1/rank/batch", body, overrides);
  return { response, answer: await response.json<Answer>() };
};
const texts = (count: number) => Array.from({ length: count }, () => freshText());

describe("a batch", () => {
  it("gives each text the answer that it would have alone, in order", async () => {
    const given = [freshText(), "The train to the coast leaves at six. Journeys all summer."];
    const { response, answer } = await ask({ texts: given, themes: life, top_k: 3 });
    expect(response.status).toBe(200);
    expect(answer.results).toHaveLength(2);
    for (const [index, text] of given.entries()) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const alone = await post("/v1/rank", { text, themes: life, top_k: 3 });
      const { themes } = await alone.json<{ themes: object[] }>();
      expect(answer.results[index]?.themes).toEqual(themes);
    }
    const ids = answer.results.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    expect(response.headers.get("cache-status")).toBe("themerank; fwd=miss");
    expect(response.headers.get("server-timing")).toMatch(/^total;dur=\d+$/);
  });

  it("sums the usage", async () => {
    const { answer } = await ask({ texts: texts(3), themes: ["Money", "Sleep"] });
    const sum = answer.results.reduce((total, { usage }) => total + (usage?.prompt_tokens ?? 0), 0);
    expect(sum).toBeGreaterThan(0);
    expect(answer.usage).toMatchObject({ prompt_tokens: sum, completion_tokens: 6 });
  });

  it("goes through the cache: what is known is not asked again", async () => {
    const known = freshText();
    await post("/v1/rank", { text: known, themes: life });
    await reset();
    const { response, answer } = await ask({ texts: [known, freshText(), known], catalog: "life" });
    expect(answer.results.map(({ cache }) => cache?.status)).toEqual(["hit", "miss", "hit"]);
    expect(await vllm.requests()).toHaveLength(1);
    expect(response.headers.get("cache-status")).toBe(
      'themerank; fwd=partial; detail="48 known, 24 ranked"',
    );
    const again = await ask({ texts: [known, known], catalog: "life" });
    expect(again.response.headers.get("cache-status")).toBe("themerank; hit");
  });

  it("asks once for a text that is in it twice", async () => {
    const text = freshText();
    const { answer } = await ask({ texts: [text, text, text], themes: ["Money"] });
    expect(answer.results.map(({ themes }) => themes?.[0]?.score)).toHaveLength(3);
    expect(await vllm.requests()).toHaveLength(1);
  });

  it("keeps one text's failure to itself", async () => {
    await vllm.break({ kind: "status", status: 503, times: 1 });
    const { response, answer } = await ask({
      texts: texts(8),
      themes: ["Money"],
      sources: ["origin"],
    });
    expect(response.status).toBe(200);
    const problems = answer.results.filter(({ problem }) => problem !== undefined);
    expect(problems).toMatchObject([
      { problem: { type: "/problems/ranking-unavailable", status: 503, retryable: true } },
    ]);
    expect(answer.results.filter(({ themes }) => themes?.length === 1)).toHaveLength(7);
  });

  it("asks the origin for four texts at once and no more", async () => {
    await vllm.break({ kind: "hang" });
    const pending = ask({
      texts: texts(12),
      themes: ["Money"],
      sources: ["origin"],
      timeout_ms: 1_000,
    });
    const { answer } = await pending;
    // All hung until the one deadline: the rest had no time left to be asked in.
    expect(await vllm.requests()).toHaveLength(4);
    expect(answer.results.map(({ problem }) => problem?.status)).toEqual(Array(12).fill(504));
  });

  it("has one deadline, and what needs no time is answered after it", async () => {
    await vllm.break({ kind: "hang" });
    const sources = ["origin", "lexical"];
    const { answer } = await ask({
      texts: texts(12),
      themes: ["Money"],
      sources,
      timeout_ms: 1_000,
    });
    expect(answer.results.every(({ themes }) => themes?.length === 1)).toBe(true);
    expect(await vllm.requests()).toHaveLength(4);
  });

  it("costs one request of the rate, and a paid call for each text that needs one", async () => {
    const { env } = guardedEnvironment(1);
    const to = { ...env, ORIGIN_BASE_URL: "", GEMINI_DAILY_CALLS: "3" };
    const { text: key } = await issueKey({ tenant: crypto.randomUUID() });
    const request = () =>
      new Request("https://themerank.test/v1/rank/batch", {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: JSON.stringify({ texts: texts(5), themes: ["Money"] }),
      });
    const { results } = await (
      await sendTo(to, request())
    ).json<{
      results: { source: string; reason: string | null }[];
    }>();
    const sources = results.map(({ source }) => source).toSorted();
    expect(sources).toEqual(["gemini", "gemini", "gemini", "lexical", "lexical"]);
    expect(results.filter(({ reason }) => reason === "budget_spent")).toHaveLength(2);
    expect((await sendTo(to, request())).status).toBe(429);
  });
});

describe("a batch that is no request", () => {
  it.each([
    [{ texts: [] }, ["/texts"]],
    [{ texts: Array(33).fill("Rent.") }, ["/texts"]],
    [{ texts: ["a", "b", "c", "?", 7] }, ["/texts/3", "/texts/4"]],
    [{ texts: ["a"], text: "b" }, ["/text"]],
    [{ texts: "a" }, ["/texts"]],
    [{}, ["/texts"]],
  ])("is told each field: %#", async (body, expected) => {
    const { response } = await ask({ ...body, themes: ["Money"] });
    expect(response.status).toBe(422);
    const told = await post("/v1/rank/batch", { ...body, themes: ["Money"] });
    const { errors } = await told.json<{ errors: { pointer: string }[] }>();
    expect(errors.map(({ pointer }) => pointer).toSorted()).toEqual(expected);
    expect(await vllm.requests()).toEqual([]);
  });

  it("names a catalogue that there is not, or none at all", async () => {
    expect((await ask({ texts: ["a"], catalog: "nothing" })).response.status).toBe(404);
    expect((await ask({ texts: ["a"] })).response.status).toBe(422);
  });
});
