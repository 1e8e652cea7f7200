// The origin by chat: the whole list in one call, for Ollama and any OpenAI-compatible server.
import { fail, ok } from "../core/failure.ts";
import type { Ranker } from "../core/ports.ts";
import type { OriginApi } from "../models/openai.ts";
import { fenceOf } from "../text/fence.ts";
import { estimateThemeTokens, estimateTokens } from "../text/tokens.ts";
import {
  listInstruction,
  listPrompt,
  listPromptVersion,
  listSchema,
  maxListTokens,
} from "./list-prompt.ts";

/** 24 themes and a text of 300 tokens, each once; the cap is meant for this size. */
const typicalTokens = 900;

export interface ChatSettings {
  readonly model: string;
  readonly modelVersion: string;
  readonly timeoutMs: number;
}

/** Ranks by a generated list of scores. Scope `set`: each score is written in sight of the others. */
export function createChatRanker(api: OriginApi, settings: ChatSettings): Ranker {
  return {
    source: "origin",
    model: settings.modelVersion,
    scope: "set",
    version: `chat/${listPromptVersion}`,

    async rank({ text, themes }, deadline) {
      const fence = await fenceOf(text);
      const tokens = themes.reduce(
        (sum, each) => sum + estimateThemeTokens(each),
        estimateTokens(text),
      );
      const stage = deadline.stage(settings.timeoutMs * Math.max(1, tokens / typicalTokens));
      if (!stage.ok) return stage;
      const answer = await api.chat(
        {
          model: settings.model,
          messages: [
            { role: "system", content: `${listInstruction} Answer with JSON only: {"t1": 0, …}.` },
            { role: "user", content: listPrompt(text, themes, fence) },
          ],
          response_format: {
            type: "json_schema",
            json_schema: { name: "scores", strict: true, schema: listSchema(themes.length) },
          },
          max_tokens: maxListTokens(themes.length),
          temperature: 0,
          stream: false,
        },
        stage.value,
      );
      if (!answer.ok) return answer;
      const found = readScores(answer.value.text);
      const scores = themes.map((_, index) => found.get(index + 1));
      if (scores.includes(undefined))
        return fail({ reason: "origin_bad_output", defect: "missing_theme" });
      const inRange = scores.filter((score) => score !== undefined && score >= 0 && score <= 100);
      if (inRange.length !== scores.length)
        return fail({ reason: "origin_bad_output", defect: "out_of_range" });
      return ok({
        scores: inRange.map((value) => ({ value: Number(value), confidence: null })),
        model: settings.modelVersion,
        usage: answer.value.usage,
      });
    },
  };
}

const entry = /["']?\bt(?<number>\d{1,3})["']?\s*[:=]\s*["']?(?<score>-?\d+(?:\.\d+)?)\b/g;

/**
 * The scores in an answer by theme number, 1..N. Not every server enforces the schema, so entries are
 * read wherever they stand: in a code fence, after a preamble, with trailing commas, quoted numbers
 * or a missing brace. Of a key given twice the first counts.
 */
export function readScores(answer: string): ReadonlyMap<number, number> {
  const scores = new Map<number, number>();
  for (const { groups = {} } of answer.matchAll(entry)) {
    const number = Number(groups["number"]);
    if (!scores.has(number)) scores.set(number, Number(groups["score"]));
  }
  return scores;
}
