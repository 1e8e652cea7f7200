// The origin as a summarizer, by chat completions: nothing leaves the house.
import { fail, ok } from "../core/failure.ts";
import type { Summarizer } from "../core/ports.ts";
import type { OriginApi } from "../models/openai.ts";
import { fenceOf } from "../text/fence.ts";
import { summaryCleaner } from "./clean.ts";
import { maxSummaryTokens, summaryPrompt, summaryPromptVersion } from "./prompt.ts";

export interface OriginSummarizerSettings {
  readonly model: string;
  readonly modelVersion: string;
  readonly timeoutMs: number;
  /** Whether the server takes `cache_salt`; strict servers refuse a chat with a field unknown to them. */
  readonly salted: boolean;
}

export function createOriginSummarizer(
  api: OriginApi,
  settings: OriginSummarizerSettings,
): Summarizer {
  return {
    source: "origin",
    model: settings.modelVersion,
    version: `chat/${summaryPromptVersion}`,

    async summarize(request, deadline, progress) {
      const { system, user } = summaryPrompt(request, await fenceOf(request.text));
      const stage = deadline.stage(settings.timeoutMs);
      if (!stage.ok) return stage;
      const cleaner = summaryCleaner(request.text);
      const answer = await api.chat(
        {
          model: settings.model,
          messages: [
            { role: "system", content: system },
            { role: "user", content: user },
          ],
          max_tokens: maxSummaryTokens,
          temperature: 0,
          stream: false,
          ...(settings.salted && request.salt !== undefined && { cache_salt: request.salt }),
        },
        stage.value,
        progress && ((soFar) => progress(cleaner.settled(soFar))),
      );
      if (!answer.ok) return answer;
      const text = cleaner.whole(answer.value.text);
      if (text === "") return fail({ reason: "origin_bad_output", defect: "empty" });
      return ok({ text, model: settings.modelVersion, usage: answer.value.usage });
    },
  };
}
