// The nouns of the service: themes, scores, rankings, summaries.

/** A theme of a catalogue. All three are NFC and trimmed; `description` is "" when there is none. */
export interface Theme {
  readonly id: string;
  readonly label: string;
  readonly description: string;
}

export const rankerSources = ["origin", "gemini", "lexical"] as const;
export type RankerSource = (typeof rankerSources)[number];

export const summarizerSources = ["gemini", "origin", "extractive"] as const;
export type SummarizerSource = (typeof summarizerSources)[number];

/**
 * What a score depends on. `pair`: the text and the theme alone, so scores of different calls may
 * be composed. `set`: all themes of the call were judged together; such scores are never composed.
 */
export type Scope = "pair" | "set";

/** What may leave the house for a hosted model: everything, the summary only, nothing. */
export const egressLevels = ["any", "summary", "none"] as const;
export type Egress = (typeof egressLevels)[number];

/** Of two words on what may leave the house the stricter one. */
export function stricterEgress(a: Egress, b: Egress): Egress {
  return egressLevels.indexOf(a) > egressLevels.indexOf(b) ? a : b;
}

/** Relevance of one theme: `value` 0-100, unrounded; `confidence` 0-1, null where the ranker has none. */
export interface ThemeScore {
  readonly value: number;
  readonly confidence: number | null;
}

/** What upstream calls consumed. null = the upstream did not say, which is not the same as 0. */
export interface Usage {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly costUsd: number | null;
}

/** Nothing was asked of anyone. */
export const noUsage: Usage = { promptTokens: 0, completionTokens: 0, costUsd: 0 };

/** The sum of two usages; a part unknown in either is unknown in the sum. */
export function addUsage(a: Usage, b: Usage): Usage {
  const add = (x: number | null, y: number | null) => (x === null || y === null ? null : x + y);
  return {
    promptTokens: add(a.promptTokens, b.promptTokens),
    completionTokens: add(a.completionTokens, b.completionTokens),
    costUsd: add(a.costUsd, b.costUsd),
  };
}

/** One ranker's judgement: `scores[i]` belongs to `themes[i]` of the request. */
export interface Ranking {
  readonly scores: readonly ThemeScore[];
  readonly model: string;
  readonly usage: Usage;
}

/** A half-open range of code points in the normalised text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A summary as written by a summarizer. */
export interface Summary {
  readonly text: string;
  readonly model: string;
  readonly usage: Usage;
}
