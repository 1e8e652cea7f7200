// From the probabilities of the rating tokens to a relevance score and a confidence.
import type { ThemeScore } from "./domain.ts";

/** One rating token as the model saw it: its value on the rating scale and its log probability. */
export interface RatingLogprob {
  readonly value: number;
  readonly logprob: number;
}

/** A score and the share of the probability mass that lay on rating tokens, 0-1. */
export interface RatedScore extends ThemeScore {
  readonly coverage: number;
}

/** Standard deviation of the widest distribution over 0-9: half the mass at each end. */
const maxDeviation = 4.5;

/**
 * Expectation over the rating tokens: score = 100 · Σ p·value / (max · Σ p), 0-100;
 * confidence = 1 - sd / 4.5 on the scale stretched to 0-9, 0-1. null when no mass is on any rating
 * token or a log probability is not a number. After "Beyond Yes and No", NAACL 2024.
 * @param maxValue the highest value of the rating scale, 9 for digits
 */
export function scoreRatings(
  ratings: readonly RatingLogprob[],
  maxValue: number,
): RatedScore | null {
  let coverage = 0;
  let mean = 0;
  let meanSquare = 0;
  for (const { value, logprob } of ratings) {
    if (Number.isNaN(logprob) || logprob > 1e-3) return null;
    const probability = Math.exp(logprob);
    const rating = (9 * value) / maxValue;
    coverage += probability;
    mean += probability * rating;
    meanSquare += probability * rating * rating;
  }
  if (coverage === 0) return null;
  mean /= coverage;
  const deviation = Math.sqrt(Math.max(0, meanSquare / coverage - mean * mean));
  const clamp = (x: number) => Math.min(1, Math.max(0, x));
  return {
    value: 100 * clamp(mean / 9),
    confidence: clamp(1 - deviation / maxDeviation),
    coverage: Math.min(1, coverage),
  };
}
