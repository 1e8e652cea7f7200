// Gemini as a summarizer.
import { fail, ok } from "../core/failure.ts";
import type { Summarizer } from "../core/ports.ts";
import type { GeminiApi } from "../models/gemini.ts";
import { fenceOf } from "../text/fence.ts";
import { summaryCleaner } from "./clean.ts";
import { maxSummaryTokens, summaryPrompt, summaryPromptVersion } from "./prompt.ts";

export interface GeminiSummarizerSettings {
  readonly models: readonly string[];
  readonly timeoutMs: number;
}

export function createGeminiSummarizer(
  api: GeminiApi,
  settings: GeminiSummarizerSettings,
): Summarizer {
  return {
    source: "gemini",
    model: settings.models[0] ?? "",
    version: `${settings.models.join(",")}/${summaryPromptVersion}`,

    async summarize(request, deadline, progress) {
      const { system, user } = summaryPrompt(request, await fenceOf(request.text));
      const stage = deadline.stage(settings.timeoutMs);
      if (!stage.ok) return stage;
      const cleaner = summaryCleaner(request.text);
      const answer = await api.generate(
        { system, prompt: user, maxOutputTokens: maxSummaryTokens },
        stage.value,
        progress && ((soFar) => progress(cleaner.settled(soFar))),
      );
      if (!answer.ok) return answer;
      const text = cleaner.whole(answer.value.text);
      if (text === "") return fail({ reason: "gemini_bad_output", defect: "empty" });
      return ok({ text, model: answer.value.model, usage: answer.value.usage });
    },
  };
}
