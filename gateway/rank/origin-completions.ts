// The origin by completions: one prompt and one token per theme, the score read from logprobs.
import type { RankerRequest, Deadline, Ranker } from "../core/ports.ts";
import { fail, ok, type Failure, type Result } from "../core/failure.ts";
import type { Ranking, ThemeScore } from "../core/domain.ts";
import type { PromptFormat, PromptLayout } from "../core/origin.ts";
import { scoreRatings, type RatingLogprob } from "../core/score.ts";
import type { OriginApi, TokenLogprob } from "../models/openai.ts";
import { fenceOf } from "../text/fence.ts";
import { estimateThemeTokens, estimateTokens } from "../text/tokens.ts";
import { ratingPrompts, ratingPromptVersion } from "./prompt.ts";

/** Below this share of probability on rating tokens, prompt and model do not fit each other. */
const minCoverage = 0.5;
/** A ranking is refused when more than this share of its themes lacks coverage. */
const maxUncoveredShare = 0.2;
/** What `--max-logprobs` allows by default on vLLM. */
const maxLogprobs = 20;
/** 24 themes and a text of 300 tokens with a shared prefix; the cap is meant for this size. */
const typicalTokens = 1_200;

export interface CompletionsSettings {
  readonly model: string;
  /** What really runs behind the served name. */
  readonly modelVersion: string;
  readonly format: PromptFormat;
  readonly layout: PromptLayout;
  /** Token id -> value; null = match the strings "0" to "9". */
  readonly ratingTokens: ReadonlyMap<number, number> | null;
  readonly timeoutMs: number;
}

/** Ranks by rating tokens. Scope `pair` with the text first: a prompt holds one theme then. */
export function createCompletionsRanker(api: OriginApi, settings: CompletionsSettings): Ranker {
  const { ratingTokens, format, layout } = settings;
  const scale = ratingTokens?.size === 2 ? "yes-no" : "digits";
  const maxValue = ratingTokens === null ? 9 : Math.max(...ratingTokens.values());
  const tokens = ratingTokens === null ? "" : JSON.stringify([...ratingTokens]);
  /** Exactly the rating tokens' logprobs; else the likeliest tokens', which may miss some. */
  const exact = ratingTokens && {
    logprobs: ratingTokens.size,
    logprob_token_ids: [...ratingTokens.keys()],
    return_tokens_as_token_ids: true,
  };
  const likeliest = {
    logprobs: maxLogprobs,
    ...(ratingTokens && { return_tokens_as_token_ids: true }),
  };
  /** Until this server is seen to refuse `logprob_token_ids`, which vLLM has since 0.26. */
  let wanted = exact ?? likeliest;

  return {
    source: "origin",
    model: settings.modelVersion,
    scope: layout === "text-first" ? "pair" : "set",
    version: `completions/${format}/${layout}/${ratingPromptVersion}/${tokens}`,

    async rank(
      { text, themes, salt }: RankerRequest,
      deadline: Deadline,
    ): Promise<Result<Ranking>> {
      const fence = await fenceOf(text);
      const stage = deadline.stage(capMs(settings.timeoutMs, text, themes));
      if (!stage.ok) return stage;
      const body = {
        model: settings.model,
        prompt: ratingPrompts({ format, layout, scale, text, themes, fence }),
        max_tokens: 1,
        temperature: 0,
        stream: false,
        add_special_tokens: false,
        // vLLM's name; other servers with completions leave what they do not know.
        ...(salt !== undefined && { cache_salt: salt }),
      };
      let answer = await api.complete({ ...body, ...wanted }, stage.value);
      if (!answer.ok && isUnknownField(answer.failure) && wanted === exact) {
        answer = await api.complete({ ...body, ...likeliest }, stage.value);
        if (answer.ok) wanted = likeliest;
      }
      if (!answer.ok) return answer;

      const scores: ThemeScore[] = [];
      let uncovered = 0;
      for (const candidates of answer.value.candidates) {
        const rated = scoreRatings(ratingsOf(candidates, ratingTokens), maxValue);
        // Not one rating token: there is no score to speak of, and 0 would be a lie.
        if (rated === null) return fail({ reason: "origin_bad_output", defect: "low_coverage" });
        if (rated.coverage < minCoverage) uncovered += 1;
        scores.push({ value: rated.value, confidence: rated.confidence });
      }
      if (uncovered > maxUncoveredShare * themes.length)
        return fail({ reason: "origin_bad_output", defect: "low_coverage" });
      return ok({ scores, model: settings.modelVersion, usage: answer.value.usage });
    },
  };
}

/** A server that does not know `logprob_token_ids` says 400; 413 and 422 mean something else. */
function isUnknownField(failure: Failure): boolean {
  return failure.reason === "origin_rejected" && failure.status === 400;
}

/** The candidates that are rating tokens, by id where the server names ids, else by their digit. */
function ratingsOf(
  candidates: readonly TokenLogprob[],
  ratingTokens: CompletionsSettings["ratingTokens"],
): RatingLogprob[] {
  const ratings: RatingLogprob[] = [];
  for (const { id, token, logprob } of candidates) {
    const value =
      ratingTokens !== null && id !== null
        ? ratingTokens.get(id)
        : /^[0-9]$/.test(token)
          ? Number(token)
          : undefined;
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
