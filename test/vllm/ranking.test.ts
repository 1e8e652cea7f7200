// Ranking on the real server: every theme scored, one request, the prefix shared, scores independent.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import life from "../../gateway/samples/life.json" with { type: "json" };
import texts from "../../gateway/samples/texts.json" with { type: "json" };
import type { Theme } from "../../gateway/core/domain.ts";
import { createOriginApi } from "../../gateway/models/openai.ts";
import { createCompletionsRanker } from "../../gateway/rank/origin-completions.ts";
import { ratingPrompts } from "../../gateway/rank/prompt.ts";
import { createDeadline } from "../../gateway/resilience/deadline.ts";
import { realClock } from "../support/real-clock.ts";
import { ask, type Stack } from "../support/stack.ts";
import { digitTokenIds } from "./server.ts";
import { preset, startGateway, scoresOf, type Answer } from "./gateway-stack.ts";
import { sharedServer } from "./shared-server.ts";

const vllm = sharedServer();
const noAccess = { accessClientId: "", accessClientSecret: "" };
const [journal] = texts;
const text = journal?.text ?? "";
const short = "The rent is late again and the debt keeps me awake.";

/** Scores are printed with one decimal; between batches vLLM's sums may differ in the last bits. */
const noise = 0.1;

let gateway: Stack;

beforeAll(async () => {
  gateway = await startGateway(vllm);
});
afterAll(() => gateway.stop());

const rank = (body: object) =>
  ask<Answer>(gateway.url, "/v1/rank", { sources: ["origin"], timeout_ms: 30_000, ...body });

/**
 * Ranks in parts. A caller waits 30 s at most, and two cores take longer than that for 24 new prompts where the
 * machine is slow; what this server has read, it answers in a fraction of it.
 * @returns the prompt tokens of all parts
 */
async function rankInParts(body: object, themes: readonly unknown[]): Promise<number> {
  const size = 6;
  let tokens = 0;
  for (let at = 0; at < themes.length; at += size) {
    // oxlint-disable-next-line no-await-in-loop -- one server, two cores
    const answer = await rank({ ...body, themes: themes.slice(at, at + size) });
    expect(answer).toMatchObject({ source: "origin", degraded: false });
    tokens += answer.usage.prompt_tokens;
  }
  return tokens;
}

async function counted<T>(name: string, work: () => Promise<T>): Promise<[T, number]> {
  const before = (await vllm.metrics()).get(name) ?? 0;
  const result = await work();
  return [result, ((await vllm.metrics()).get(name) ?? 0) - before];
}

function expectSame(actual: Map<string, number>, expected: Map<string, number>): number {
  let largest = 0;
  for (const [id, score] of actual) {
    largest = Math.max(largest, Math.abs(score - (expected.get(id) ?? Number.NaN)));
  }
  expect(largest).toBeLessThanOrEqual(noise + 1e-9);
  return largest;
}

describe("24 themes", () => {
  it("are scored in one request of 24 prompts, each with coverage, one token each", async () => {
    await rankInParts({ text, cache: "no-store" }, life);
    const [answer, finished] = await counted("vllm:request_success_total", () =>
      rank({ text, themes: life }),
    );
    expect(answer).toMatchObject({ source: "origin", degraded: false });
    expect(answer.themes).toHaveLength(24);
    for (const { score, confidence } of answer.themes) {
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(100);
      expect(confidence).toBeGreaterThan(0);
    }
    expect(finished).toBe(24);
    expect(answer.usage.completion_tokens).toBe(24);
    console.log(
      `24 themes, text known: ${answer.processing_time_ms} ms, ${answer.usage.prompt_tokens} prompt tokens`,
    );
  });

  it("agree with themselves: again, shuffled, in a subset and alone", async () => {
    const all = scoresOf(await rank({ text, themes: life, cache: "no-store" }));
    const differences = {
      again: expectSame(scoresOf(await rank({ text, themes: life, cache: "no-store" })), all),
      shuffled: expectSame(
        scoresOf(await rank({ text, themes: life.toReversed(), cache: "no-store" })),
        all,
      ),
      subset: expectSame(
        scoresOf(await rank({ text, themes: life.slice(5, 11), cache: "no-store" })),
        all,
      ),
      alone: expectSame(
        scoresOf(await rank({ text, themes: life.slice(3, 4), cache: "no-store" })),
        all,
      ),
    };
    console.log(`largest difference of a score, of 100: ${JSON.stringify(differences)}`);
  });

  it("share the text as their prefix: it is computed once", async () => {
    const unseen = `${text} Nobody has sent this text before.`;
    const [[ranking, queries], hits] = await counted("vllm:prefix_cache_hits_total", () =>
      counted("vllm:prefix_cache_queries_total", () => rankPatiently(unseen, life)),
    );
    expect(queries).toBe(ranking.usage.promptTokens);
    // All prompts but the first find the text, in whole blocks of 32 tokens.
    expect(hits / queries).toBeGreaterThan(0.7);
    console.log(
      `prefix cache: ${hits} of ${queries} prompt tokens, ${((100 * hits) / queries).toFixed(1)} %`,
    );
  });

  it("with one more cost one prompt more: the rest is known", async () => {
    const unseen = `${text} Nor this one.`;
    const whole = await rankInParts({ text: unseen }, life);
    const [answer, finished] = await counted("vllm:request_success_total", () =>
      rank({ text: unseen, themes: [...life, "Chess"] }),
    );
    const tokens = answer.usage.prompt_tokens / whole;
    expect(tokens).toBeLessThan(1 / 20);
    console.log(`one theme more: ${(100 * tokens).toFixed(1)} % of the tokens`);
    expect(answer.cache).toEqual({
      status: "partial",
      known: 24,
      ranked: 1,
      age_s: expect.any(Number),
    });
    expect(finished).toBe(1);
    const [hit, none] = await counted("vllm:request_success_total", () =>
      rank({ text: unseen, themes: [...life, "Chess"].toReversed(), top_k: 3 }),
    );
    expect([hit.cache.status, none]).toEqual(["hit", 0]);
  });
});

/** By the gateway's ranker itself: minutes where a caller has 30 s, and a salt, for which HTTP has no word. */
async function rankPatiently(words: string, themes: readonly Theme[], salt?: string) {
  const api = createOriginApi({ baseUrl: vllm.url, apiKey: vllm.apiKey, ...noAccess });
  const ranker = createCompletionsRanker(api, {
    model: "theme-ranker",
    modelVersion: preset,
    format: "chatml",
    layout: "text-first",
    ratingTokens: new Map(digitTokenIds.map((id, digit) => [id, digit])),
    timeoutMs: 270_000,
  });
  const request = { text: words, themes, ...(salt !== undefined && { salt }) };
  const ranking = await ranker.rank(request, createDeadline(realClock, Date.now(), 280_000));
  if (!ranking.ok) throw new Error(ranking.failure.reason);
  return ranking.value;
}

describe("another tenant's text", () => {
  it("is not found in the prefix cache, one's own is", async () => {
    const unseen = `${text} A tenant's own words.`;
    const hits = async (salt: string) => {
      const [, found] = await counted("vllm:prefix_cache_hits_total", () =>
        rankPatiently(unseen, life.slice(0, 1), salt),
      );
      return found;
    };
    expect(await hits("a tenant's salt")).toBe(0);
    expect(await hits("another's")).toBe(0);
    expect(await hits("a tenant's salt")).toBeGreaterThan(100);
  });
});

describe("100 themes", () => {
  it("are scored in one request", async () => {
    const themes = Array.from({ length: 100 }, (_, i) => ({
      id: `${i}`,
      label: `Theme ${i + 1}`,
      description: "",
    }));
    const startedMs = performance.now();
    const [ranking, finished] = await counted("vllm:request_success_total", () =>
      rankPatiently(short, themes),
    );
    expect(ranking.scores).toHaveLength(100);
    for (const { value } of ranking.scores) expect(Number.isFinite(value)).toBe(true);
    expect(finished).toBe(100);
    console.log(`100 themes: ${Math.round(performance.now() - startedMs)} ms`);
  });
});

describe("logprob_token_ids", () => {
  it("give the scores that the likeliest 20 tokens give, where these hold all digits", async () => {
    const prompt = ratingPrompts({
      format: "chatml",
      layout: "text-first",
      scale: "digits",
      text: short,
      themes: life,
      fence: "0a1b2c3d4e5f",
    });
    const times: Record<string, number[]> = { exact: [], likeliest: [] };
    const complete = async (way: "exact" | "likeliest") => {
      const startedMs = performance.now();
      const response = await fetch(`${vllm.url}/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${vllm.apiKey}` },
        body: JSON.stringify({
          model: "theme-ranker",
          prompt,
          max_tokens: 1,
          temperature: 0,
          add_special_tokens: false,
          return_tokens_as_token_ids: true,
          ...(way === "exact"
            ? { logprobs: 10, logprob_token_ids: digitTokenIds }
            : { logprobs: 20 }),
        }),
      });
      const { choices } = (await response.json()) as {
        choices: { logprobs: { top_logprobs: [Record<string, number>] } }[];
      };
      times[way]?.push(performance.now() - startedMs);
      return choices.map(({ logprobs }) => logprobs.top_logprobs[0]);
    };
    // The first pays for the prefix; the pairs after it are alike.
    await complete("exact");
    for (let round = 0; round < 3; round += 1) {
      const [exact, likeliest] = [await complete("exact"), await complete("likeliest")];
      for (const [index, top] of exact.entries()) {
        for (const id of digitTokenIds) {
          const other = likeliest[index]?.[`token_id:${id}`];
          if (other !== undefined)
            expect(Math.abs((top[`token_id:${id}`] ?? 0) - other)).toBeLessThan(0.02);
        }
        expect(Object.keys(top).length).toBeLessThanOrEqual(11);
      }
    }
    const median = (all: number[] = []) => Math.round(all.toSorted((a, b) => a - b)[1] ?? 0);
    console.log(
      `24 prompts, text known: exact ${median(times["exact"])} ms, likeliest 20 ${median(times["likeliest"])} ms`,
    );
  });
});

describe("the catalogue first", () => {
  it("ranks as a set, the same in any order of the themes", async () => {
    const other = await startGateway(vllm, { ORIGIN_PROMPT_LAYOUT: "catalog-first" });
    try {
      const themes = life.slice(0, 5);
      const body = { text: short, sources: ["origin"], timeout_ms: 30_000, cache: "no-store" };
      const first = await ask<Answer>(other.url, "/v1/rank", { ...body, themes });
      const shuffled = await ask<Answer>(other.url, "/v1/rank", {
        ...body,
        themes: themes.toReversed(),
      });
      expect(first).toMatchObject({ source: "origin" });
      expectSame(scoresOf(shuffled), scoresOf(first));
    } finally {
      await other.stop();
    }
  });
});
