// How much of a theme's wording a text uses: the lexical side of relevance, set-independent.
import type { Theme } from "../core/domain.ts";
import { terms } from "./terms.ts";

/** A theme's wording. Themes are compared by object: reuse the object and it is split only once. */
export type Wording = Pick<Theme, "label" | "description">;

/** A text, a paragraph or a sentence, split once and compared with any number of themes. */
export interface Prepared {
  /** Occurrences of each term. */
  readonly counts: ReadonlyMap<string, number>;
  /** Terms in all. */
  readonly length: number;
}

/** How occurrences become weight; gateway/decisions/0008 has what else was tried. */
export const saturation = {
  /** How soon a repeated term stops adding: the first use weighs 1 at the reference length, all uses 3. */
  k1: 2,
  /** How far a long text must repeat a term for the same weight, 0 = not at all. */
  b: 0.5,
  /** Terms of a text of the usual length, about 150 words: fixed, as no collection stands behind it. */
  referenceLength: 60,
} as const;
/** The label names the theme, the description only illustrates it. */
const labelWeight = 2;
/** The overlap at which `lexicalRelevance` is one half: a label's own word and a word of its description. */
const halfOverlap = 3;

const weightsOf = new WeakMap<Wording, ReadonlyMap<string, number>>();

function weights(theme: Wording): ReadonlyMap<string, number> {
  const known = weightsOf.get(theme);
  if (known !== undefined) return known;
  const found = new Map<string, number>();
  const add = (term: string, weight: number) => found.set(term, (found.get(term) ?? 0) + weight);
  for (const term of terms(theme.label)) add(term, labelWeight);
  for (const term of terms(theme.description)) add(term, 1);
  weightsOf.set(theme, found);
  return found;
}

/** Splits a text of any length and script for `overlap`. */
export function prepare(text: string): Prepared {
  const found = terms(text);
  const counts = new Map<string, number>();
  for (const term of found) counts.set(term, (counts.get(term) ?? 0) + 1);
  return { counts, length: found.length };
}

/**
 * Lexical relevance of a theme to a prepared text, >= 0 without an upper bound; 0 = no term shared.
 * BM25 (Robertson and Zaragoza, 2009) less its inverse document frequency: that one would count how
 * many of the catalogue's themes use a term, and a theme's score must not depend on the others.
 */
export function overlap({ counts, length }: Prepared, theme: Wording): number {
  const { k1, b, referenceLength } = saturation;
  const damping = k1 * (1 - b + (b * length) / referenceLength);
  let sum = 0;
  for (const [term, weight] of weights(theme)) {
    const count = counts.get(term);
    if (count !== undefined) sum += (weight * count * (k1 + 1)) / (count + damping);
  }
  return sum;
}

/** An overlap on a scale of 0 to under 1, rising: x / (x + 3). */
export function lexicalRelevance(overlapped: number): number {
  return overlapped / (overlapped + halfOverlap);
}
