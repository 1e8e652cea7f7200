// The ways to rank a catalogue on one server that the origin benchmark compares.
import type { Theme } from "../../gateway/core/domain.ts";
import life from "../../gateway/samples/life.json" with { type: "json" };
import texts from "../../gateway/samples/texts.json" with { type: "json" };
import {
  listInstruction,
  listPrompt,
  listSchema,
  maxListTokens,
} from "../../gateway/rank/list-prompt.ts";
import { ratingPrompts } from "../../gateway/rank/prompt.ts";
import type { Vllm } from "../vllm/server.ts";

export interface Size {
  readonly themes: number;
  readonly textTokens: number;
}

export interface Contender {
  readonly name: string;
  /** Whether the server is to have prefix caching. */
  readonly prefixCaching: boolean;
  /** Roughly the tokens it has to compute, a generated one counted as 20 of a prompt. */
  readonly work: (size: Size) => number;
  /** Builds its requests; what is returned sends them and waits for all answers. */
  readonly prepare: (
    vllm: Vllm,
    size: Size,
    round: number,
    signal: AbortSignal,
  ) => Promise<() => Promise<unknown>>;
}

/** What a theme and the template around it take, and the instruction before the text. */
const themeTokens = 24;
const instructionTokens = 100;
const generatedTokenWork = 20;
/** Workers let six requests wait for headers at once. */
const parallelRequests = 6;
const digitIds = Array.from({ length: 10 }, (_, digit) => 15 + digit);

function themesOf(count: number): Theme[] {
  return Array.from({ length: count }, (_, index) => {
    const { label, description } = life[index % life.length] ?? { label: "", description: "" };
    const again = Math.floor(index / life.length);
    const name = again === 0 ? label : `${label} ${again + 1}`;
    return { id: name, label: name, description };
  });
}

/** English of about so many tokens (4.2 characters each) that no cell of any round shares a block of. */
function textOf({ themes, textTokens }: Size, round: number, seed: string): string {
  const prose = texts.map(({ text }) => text).join(" ");
  const start = `Entry ${round}-${seed}-${themes}-${textTokens}. `;
  return (start + prose.repeat(Math.ceil((textTokens * 4.2) / prose.length))).slice(
    0,
    textTokens * 4.2,
  );
}

async function post(vllm: Vllm, path: string, body: object, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(`${vllm.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${vllm.apiKey}` },
    body: JSON.stringify(body),
    signal,
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return answer;
}

const rating = (prompt: readonly string[] | readonly number[][]) => ({
  model: "theme-ranker",
  prompt,
  max_tokens: 1,
  temperature: 0,
  add_special_tokens: false,
  logprobs: digitIds.length,
  logprob_token_ids: digitIds,
  return_tokens_as_token_ids: true,
});

const prompts = (size: Size, round: number, seed: string, layout: "text-first" | "catalog-first") =>
  ratingPrompts({
    format: "chatml",
    layout,
    scale: "digits",
    text: textOf(size, round, seed),
    themes: themesOf(size.themes),
    fence: "0a1b2c3d4e5f",
  });

/** The older design's request: the whole catalogue, and one score per line as the answer. */
function linesPrompt(size: Size, round: number): string {
  const list = listPrompt(textOf(size, round, "lines"), themesOf(size.themes), "0a1b2c3d4e5f");
  return (
    `<|im_start|>system\n${listInstruction} Answer with one score per line, in order.<|im_end|>\n` +
    `<|im_start|>user\n${list}<|im_end|>\n<|im_start|>assistant\n`
  );
}

const shared = ({ themes, textTokens }: Size) =>
  instructionTokens + textTokens + themes * themeTokens;

export const contenders: readonly Contender[] = [
  {
    name: "(a) ours, text first",
    prefixCaching: true,
    work: shared,
    async prepare(vllm, size, round, signal) {
      const body = rating(prompts(size, round, "a", "text-first"));
      return () => post(vllm, "/completions", body, signal);
    },
  },
  {
    name: "(b) ours, catalogue first",
    prefixCaching: true,
    work: (size) => shared(size) + size.themes * themeTokens,
    async prepare(vllm, size, round, signal) {
      const body = rating(prompts(size, round, "b", "catalog-first"));
      return () => post(vllm, "/completions", body, signal);
    },
  },
  {
    name: "(c) ours, no prefix caching",
    prefixCaching: false,
    work: ({ themes, textTokens }) => themes * (instructionTokens + textTokens + themeTokens),
    async prepare(vllm, size, round, signal) {
      const body = rating(prompts(size, round, "c", "text-first"));
      return () => post(vllm, "/completions", body, signal);
    },
  },
  {
    name: "(d) one HTTP request per theme",
    prefixCaching: true,
    // Those that start together find nothing of the text in the cache yet.
    work: (size) => shared(size) + parallelRequests * size.textTokens,
    async prepare(vllm, size, round, signal) {
      const bodies = prompts(size, round, "d", "text-first").map((prompt) => rating([prompt]));
      return async () => {
        const queue = bodies.values();
        await Promise.all(
          Array.from({ length: parallelRequests }, async () => {
            for (const body of queue) await post(vllm, "/completions", body, signal);
          }),
        );
      };
    },
  },
  {
    name: "(e) a list of scores, one per line",
    prefixCaching: true,
    work: (size) => shared(size) + generatedTokenWork * 3 * size.themes,
    async prepare(vllm, size, round, signal) {
      // Two digits and a line break each: as few tokens as such a list can have.
      const tokens = 3 * size.themes;
      const body = {
        model: "theme-ranker",
        prompt: linesPrompt(size, round),
        max_tokens: tokens,
        min_tokens: tokens,
        ignore_eos: true,
        temperature: 0,
        add_special_tokens: false,
      };
      return () => post(vllm, "/completions", body, signal);
    },
  },
  {
    name: "(f) a list of scores as JSON",
    prefixCaching: true,
    work: (size) => shared(size) + generatedTokenWork * 7 * size.themes,
    async prepare(vllm, size, round, signal) {
      const body = {
        model: "theme-ranker",
        messages: [
          { role: "system", content: listInstruction },
          {
            role: "user",
            content: listPrompt(textOf(size, round, "f"), themesOf(size.themes), "0a1b2c3d4e5f"),
          },
        ],
        response_format: {
          type: "json_schema",
          json_schema: { name: "scores", strict: true, schema: listSchema(size.themes) },
        },
        max_tokens: maxListTokens(size.themes),
        temperature: 0,
      };
      return () => post(vllm, "/chat/completions", body, signal);
    },
  },
  {
    name: "(g) ours, token ids for strings",
    prefixCaching: true,
    work: shared,
    async prepare(vllm, size, round, signal) {
      const tokenize = new URL("/tokenize", vllm.url).href;
      const ids = await Promise.all(
        prompts(size, round, "g", "text-first").map(async (prompt) => {
          const response = await fetch(tokenize, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ model: "theme-ranker", prompt, add_special_tokens: false }),
            signal,
          });
          const { tokens } = (await response.json()) as { tokens: number[] };
          return tokens;
        }),
      );
      const body = rating(ids);
      return () => post(vllm, "/completions", body, signal);
    },
  },
];
