// From a score to the log probabilities a model would show for its rating tokens.

/** A token as the fake model knows it; `value` null = no rating. */
export interface VocabularyToken {
  readonly id: number;
  readonly text: string;
  readonly value: number | null;
}

export interface TokenLogprob {
  readonly token: VocabularyToken;
  readonly logprob: number;
}

/** The digits of Llama 3.1's vocabulary: "0".."9" are ids 15..24. */
export const llamaDigits: readonly VocabularyToken[] = Array.from({ length: 10 }, (_, value) => ({
  id: 15 + value,
  text: String(value),
  value,
}));

/** What a model says instead of a rating, with its share of `1 - coverage`. */
const others = [
  { id: 791, text: "The", share: 0.5 },
  { id: 40, text: "I", share: 0.3 },
  { id: 220, text: " ", share: 0.2 },
];

/** Part of a token's mass that its two neighbours on the scale get, half each. */
const spread = 0.2;
const leastProbability = 1e-9;

const toLogprob = (share: number): number => Math.log(Math.max(leastProbability, share));

/**
 * A distribution whose expectation is the score: mass on the two ratings around it, spread evenly
 * to neighbours where that leaves the expectation alone.
 * @param score 0-100 @param coverage share of the mass on rating tokens, 0-1
 * @returns rating tokens and a few others, most likely first
 */
export function ratingLogprobs(
  score: number,
  ratings: readonly VocabularyToken[] = llamaDigits,
  coverage = 0.97,
): TokenLogprob[] {
  const scale = ratings.toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0));
  const value = (index: number): number => scale[index]?.value ?? NaN;
  const mean = (value(scale.length - 1) * Math.min(100, Math.max(0, score))) / 100;
  const upper = Math.max(
    1,
    scale.findIndex((token) => (token.value ?? 0) >= mean),
  );
  const toUpper = (mean - value(upper - 1)) / (value(upper) - value(upper - 1));
  const mass = scale.map(() => 0);
  const add = (index: number, part: number): void => {
    mass[index] = (mass[index] ?? 0) + part;
  };
  for (const [index, part] of [[upper - 1, 1 - toUpper] as const, [upper, toUpper] as const]) {
    const even = value(index - 1) + value(index + 1) === 2 * value(index);
    add(index, even ? part * (1 - spread) : part);
    if (!even) continue;
    add(index - 1, (part * spread) / 2);
    add(index + 1, (part * spread) / 2);
  }
  return [
    ...scale.map((token, index) => ({ token, logprob: toLogprob(coverage * (mass[index] ?? 0)) })),
    ...others.map(({ id, text, share }) => ({
      token: { id, text, value: null },
      logprob: toLogprob((1 - coverage) * share),
    })),
  ].toSorted((a, b) => b.logprob - a.logprob);
}
