// One choice of /v1/completions, its logprobs in vLLM's or in llama-server's shape.
import { ratingLogprobs } from "./rating-tokens.ts";
import type { TokenLogprob, VocabularyToken } from "./rating-tokens.ts";

export interface ChoiceOptions {
  readonly shape: "vllm" | "llama-server";
  readonly ratings: readonly VocabularyToken[];
  readonly coverage: number;
  /** The request's `logprobs`: how many; null = none. */
  readonly logprobs: number | null;
  /** The request's `logprob_token_ids`; null = the most likely ones. */
  readonly tokenIds: readonly number[] | null;
  /** The request's `return_tokens_as_token_ids`. */
  readonly asTokenIds: boolean;
}

/** The log probability of an id this vocabulary does not show. */
const elsewhere = -18.5;

/** @param score 0-100, the expectation of the rating distribution shown @returns the JSON of a choice */
export function completionChoice(index: number, score: number, options: ChoiceOptions): object {
  const ranked = ratingLogprobs(score, options.ratings, options.coverage);
  const sampled = ranked[0]!;
  const text = sampled.token.text;
  if (options.shape === "llama-server") {
    const logprobs = options.logprobs === null ? null : listShape(ranked, options.logprobs);
    return { text, index, logprobs, finish_reason: "length" };
  }
  return {
    index,
    text,
    logprobs: options.logprobs === null ? null : dictShape(ranked, sampled, options),
    finish_reason: "length",
    stop_reason: null,
    token_ids: null,
    prompt_logprobs: null,
    prompt_token_ids: null,
  };
}

/** vLLM's CompletionLogProbs: the sampled token first, at most one more than asked for. */
function dictShape(
  ranked: readonly TokenLogprob[],
  sampled: TokenLogprob,
  { logprobs, tokenIds, asTokenIds }: ChoiceOptions,
): object {
  const name = ({ id, text }: VocabularyToken): string => (asTokenIds ? `token_id:${id}` : text);
  const shown =
    tokenIds?.map((id) => {
      const unknown = { token: { id, text: `<${id}>`, value: null }, logprob: elsewhere };
      return ranked.find(({ token }) => token.id === id) ?? unknown;
    }) ?? ranked.slice(0, logprobs ?? 0);
  const top = [sampled, ...shown].map(({ token, logprob }) => [name(token), logprob]);
  return {
    text_offset: [0],
    token_logprobs: [sampled.logprob],
    tokens: [name(sampled.token)],
    top_logprobs: [Object.fromEntries(top)],
  };
}

function entry({ token, logprob }: TokenLogprob): object {
  return { id: token.id, token: token.text, bytes: [...Buffer.from(token.text)], logprob };
}

/** llama-server's list, most likely first. */
function listShape(ranked: readonly TokenLogprob[], count: number): object {
  const top_logprobs = ranked.slice(0, count).map(entry);
  return { content: [{ ...entry(ranked[0]!), top_logprobs }] };
}
