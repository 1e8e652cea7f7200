// A proxy that trusts everybody: builds the same upstream body, one fetch, reads the same numbers.
import { Hono } from "hono";
import type { Theme } from "../../../gateway/core/domain.ts";
import { ratingPrompts } from "../../../gateway/rank/prompt.ts";

interface Answer {
  readonly choices: readonly {
    readonly logprobs: { readonly top_logprobs: readonly Readonly<Record<string, number>>[] };
  }[];
}

const digits = Array.from({ length: 10 }, (_, value) => 15 + value);

const app = new Hono<{ Bindings: { ORIGIN_BASE_URL: string } }>();
app.post("/v1/rank", async (c) => {
  const { text, themes } = await c.req.json<{ text: string; themes: Theme[] }>();
  const prompt = ratingPrompts({
    format: "llama-3",
    layout: "text-first",
    scale: "digits",
    text,
    themes,
    fence: "0a1b2c3d4e5f",
  });
  const response = await fetch(`${c.env.ORIGIN_BASE_URL}/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "theme-ranker",
      prompt,
      max_tokens: 1,
      temperature: 0,
      stream: false,
      add_special_tokens: false,
      logprobs: 10,
      logprob_token_ids: digits,
      return_tokens_as_token_ids: true,
    }),
  });
  const { choices } = (await response.json()) as Answer;
  const scored = choices.map(({ logprobs }, index) => {
    let sum = 0;
    let mass = 0;
    for (const [id, logprob] of Object.entries(logprobs.top_logprobs[0] ?? {})) {
      const p = Math.exp(logprob);
      sum += p * (Number(id.slice("token_id:".length)) - 15);
      mass += p;
    }
    return { label: themes[index]?.label, score: (100 * sum) / (9 * mass) };
  });
  return c.json({ themes: scored.toSorted((a, b) => b.score - a.score) });
});

export default app;
