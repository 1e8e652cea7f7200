// Gemini as a ranker: the whole list in one call, scores as structured output.
import { z } from "zod";
import { fail, ok } from "../core/failure.ts";
import type { Ranker } from "../core/ports.ts";
import type { GeminiApi } from "../models/gemini.ts";
import { fenceOf } from "../text/fence.ts";
import {
  listInstruction,
  listKey,
  listPrompt,
  listPromptVersion,
  listSchema,
  maxListTokens,
} from "./list-prompt.ts";

const scoresShape = z.record(z.string(), z.unknown());

export interface GeminiRankerSettings {
  /** In order of preference. */
  readonly models: readonly string[];
  readonly timeoutMs: number;
}

/** Ranks all themes together: scope `set`. */
export function createGeminiRanker(api: GeminiApi, settings: GeminiRankerSettings): Ranker {
  return {
    source: "gemini",
    model: settings.models[0] ?? "",
    scope: "set",
    version: `gemini/${settings.models.join(",")}/${listPromptVersion}`,

    async rank({ text, themes }, deadline) {
      const fence = await fenceOf(text);
      const stage = deadline.stage(settings.timeoutMs);
      if (!stage.ok) return stage;
      const answer = await api.generate(
        {
          system: listInstruction,
          prompt: listPrompt(text, themes, fence),
          maxOutputTokens: maxListTokens(themes.length),
          schema: listSchema(themes.length),
        },
        stage.value,
      );
      if (!answer.ok) return answer;

      const parsed = scoresShape.safeParse(parseJson(answer.value.text));
      if (!parsed.success) return fail({ reason: "gemini_bad_output", defect: "not_json" });
      // Only our own keys are read: whatever else the model made up is dropped.
      const values = themes.map((_, index) => parsed.data[listKey(index)]);
      if (values.includes(undefined))
        return fail({ reason: "gemini_bad_output", defect: "missing_theme" });
      const scores = values.filter(
        (value) => typeof value === "number" && value >= 0 && value <= 100,
      );
      if (scores.length !== values.length)
        return fail({ reason: "gemini_bad_output", defect: "out_of_range" });
      return ok({
        scores: scores.map((value) => ({ value: Number(value), confidence: null })),
        model: answer.value.model,
        usage: answer.value.usage,
      });
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
