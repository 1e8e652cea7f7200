// The origin by completions: one prompt and one token per theme, the score read from logprobs.
import type { RankerRequest, Deadline, Ranker } from "../core/ports.ts";
import { fail, ok, type Result } from "../core/failure.ts";
import type { Ranking, ThemeScore } from "../core/domain.ts";
import { scoreRatings, type RatingLogprob } from "../core/score.ts";
import type { OriginApi, TokenLogprob } from "../models/openai.ts";
import { fenceOf } from "../text/fence.ts";
import { estimateThemeTokens, estimateTokens } from "../text/tokens.ts";
import { ratingPrompts, ratingPromptVersion, type PromptFormat } from "./prompt.ts";

/** Below this share of probability on rating tokens, prompt and model do not fit each other. */
const minCoverage = 0.5;
/** A ranking is refused when more than this share of its themes lacks coverage. */
const maxUncoveredShare = 0.2;
/** 24 themes and a text of 300 tokens with a shared prefix; the cap is meant for this size. */
const typicalTokens = 1_200;

export interface CompletionsSettings {
  readonly model: string;
  /** What really runs behind the served name. */
  readonly modelVersion: string;
  readonly format: PromptFormat;
  /** Token id -> value; null = match the strings "0" to "9". */
  readonly ratingTokens: ReadonlyMap<number, number> | null;
  readonly timeoutMs: number;
}

/** Ranks by rating tokens. Scope `pair`: a prompt holds one theme and knows of no other. */
export function createCompletionsRanker(api: OriginApi, settings: CompletionsSettings): Ranker {
  const { ratingTokens, format } = settings;
  const maxValue = ratingTokens === null ? 9 : Math.max(...ratingTokens.values());
  const tokens = ratingTokens === null ? "" : JSON.stringify([...ratingTokens]);
  return {
    source: "origin",
    model: settings.modelVersion,
    scope: "pair",
    version: `completions/${format}/text-first/${ratingPromptVersion}/${tokens}`,

    async rank({ text, themes }: RankerRequest, deadline: Deadline): Promise<Result<Ranking>> {
      const fence = await fenceOf(text);
      const stage = deadline.stage(capMs(settings.timeoutMs, text, themes));
      if (!stage.ok) return stage;
      const answer = await api.complete(
        {
          model: settings.model,
          prompt: ratingPrompts(format, text, themes, fence),
          max_tokens: 1,
          temperature: 0,
          stream: false,
          add_special_tokens: false,
          ...(ratingTokens === null
            ? { logprobs: 20 }
            : {
                logprobs: ratingTokens.size,
                logprob_token_ids: [...ratingTokens.keys()],
                return_tokens_as_token_ids: true,
              }),
        },
        stage.value,
      );
      if (!answer.ok) return answer;

      const scores: ThemeScore[] = [];
      let uncovered = 0;
      for (const candidates of answer.value.candidates) {
        const rated = scoreRatings(ratingsOf(candidates, ratingTokens), maxValue);
        if (rated === null || rated.coverage < minCoverage) uncovered += 1;
        scores.push({ value: rated?.value ?? 0, confidence: rated?.confidence ?? 0 });
      }
      if (uncovered > maxUncoveredShare * themes.length)
        return fail({ reason: "origin_bad_output", defect: "low_coverage" });
      return ok({ scores, model: settings.modelVersion, usage: answer.value.usage });
    },
  };
}

function ratingsOf(
  candidates: readonly TokenLogprob[],
  ratingTokens: ReadonlyMap<number, number> | null,
): RatingLogprob[] {
  const ratings: RatingLogprob[] = [];
  for (const { id, token, logprob } of candidates) {
    const value =
      ratingTokens === null
        ? /^[0-9]$/.test(token)
          ? Number(token)
          : undefined
        : id === null
          ? undefined
          : ratingTokens.get(id);
    if (value !== undefined) ratings.push({ value, logprob });
  }
  return ratings;
}

function capMs(timeoutMs: number, text: string, themes: RankerRequest["themes"]): number {
  const tokens = themes.reduce(
    (sum, theme) => sum + estimateThemeTokens(theme),
    estimateTokens(text),
  );
  return timeoutMs * Math.max(1, tokens / typicalTokens);
}
