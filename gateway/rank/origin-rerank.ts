// The origin by rerank: a cross-encoder or embedding server with a Cohere-shaped /rerank.
import { fail, ok } from "../core/failure.ts";
import type { Theme } from "../core/domain.ts";
import type { Ranker } from "../core/ports.ts";
import type { OriginApi } from "../models/openai.ts";
import { neutralize, neutralizeLine } from "../text/sanitize.ts";
import { estimateThemeTokens, estimateTokens } from "../text/tokens.ts";

/** 24 pairs of a theme and a text of 300 tokens; nothing is shared between pairs. */
const typicalTokens = 8_000;

export interface RerankSettings {
  readonly model: string;
  readonly modelVersion: string;
  readonly timeoutMs: number;
}

/** Ranks by relevance scores 0-1. Scope `pair`: such servers score one document at a time. */
export function createRerankRanker(api: OriginApi, settings: RerankSettings): Ranker {
  return {
    source: "origin",
    model: settings.modelVersion,
    scope: "pair",
    version: "rerank/1",

    async rank({ text, themes }, deadline) {
      const textTokens = estimateTokens(text);
      const tokens = themes.reduce(
        (sum, theme) => sum + textTokens + estimateThemeTokens(theme),
        0,
      );
      const stage = deadline.stage(settings.timeoutMs * Math.max(1, tokens / typicalTokens));
      if (!stage.ok) return stage;
      const answer = await api.rerank(
        {
          model: settings.model,
          query: neutralize(text),
          documents: themes.map(document),
        },
        stage.value,
      );
      if (!answer.ok) return answer;
      const { scores, usage } = answer.value;
      // An unscaled logit would make every threshold of every client meaningless.
      if (scores.some((score) => !(score >= 0 && score <= 1)))
        return fail({ reason: "origin_bad_output", defect: "out_of_range" });
      return ok({
        scores: scores.map((score) => ({ value: 100 * score, confidence: null })),
        model: settings.modelVersion,
        usage,
      });
    },
  };
}

function document({ label, description }: Theme): string {
  const name = neutralizeLine(label);
  return description === "" ? name : `${name}: ${neutralizeLine(description)}`;
}
