// Which sentences of a text speak for a theme.
import type { Span, Theme } from "../core/domain.ts";
import { overlap, prepare } from "../text/overlap.ts";
import { sentencesOf, type Sentence } from "../text/sentences.ts";

/** Sentences named for one theme at most. */
const maxSentences = 3;

/** A sentence and how much of a theme's wording it uses, > 0. */
export interface Witness {
  readonly sentence: Sentence;
  readonly weight: number;
}

/** For each theme its witnesses, the strongest first; [] where no sentence shares a term with it. */
export function witnesses(text: string, themes: readonly Theme[]): Witness[][] {
  const sentences = sentencesOf(text).map((sentence) => ({
    sentence,
    prepared: prepare(sentence.text),
  }));
  return themes.map((theme) =>
    sentences
      .map(({ sentence, prepared }) => ({ sentence, weight: overlap(prepared, theme) }))
      .filter(({ weight }) => weight > 0)
      .toSorted((a, b) => b.weight - a.weight || a.sentence.start - b.sentence.start),
  );
}

/** For each theme the places of its strongest sentences, in reading order. */
export function evidence(text: string, themes: readonly Theme[]): Span[][] {
  return witnesses(text, themes).map((found) =>
    found
      .slice(0, maxSentences)
      .map(({ sentence: { start, end } }) => ({ start, end }))
      .toSorted((a, b) => a.start - b.start),
  );
}
