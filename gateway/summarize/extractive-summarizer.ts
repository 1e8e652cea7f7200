// The text's own sentences as its summary: no model, no network, cannot fail.
import { noUsage } from "../core/domain.ts";
import { ok } from "../core/failure.ts";
import type { Summarizer } from "../core/ports.ts";
import { sentencesOf, type Sentence } from "../text/sentences.ts";
import { cleanSummary, shorten } from "./clean.ts";
import { witnesses } from "./evidence.ts";

/** Sentences at most, and UTF-16 units at which no further one is taken. */
const maxSentences = 4;
const enoughLength = 480;
/** A single sentence is cut here. */
const maxSentenceLength = 400;

export const extractiveModel = "extractive-1";

/** For each theme the sentence that speaks for it most, in reading order. */
export function createExtractiveSummarizer(): Summarizer {
  return {
    source: "extractive",
    model: extractiveModel,
    version: extractiveModel,

    summarize({ text, themes }) {
      const chosen = new Set<Sentence>();
      const starts = new Set<number>();
      let length = 0;
      for (const found of witnesses(text, themes)) {
        const best = found.find(({ sentence }) => !starts.has(sentence.start));
        if (best === undefined) continue;
        if (chosen.size === maxSentences || length >= enoughLength) break;
        chosen.add(best.sentence);
        starts.add(best.sentence.start);
        length += best.sentence.text.length;
      }
      // No sentence speaks for a theme in so many words: the opening has to do.
      if (chosen.size === 0) for (const first of sentencesOf(text).slice(0, 2)) chosen.add(first);
      const summary = [...chosen]
        .toSorted((a, b) => a.start - b.start)
        .map(({ text: sentence }) => shorten(sentence.replace(/\s+/gu, " "), maxSentenceLength))
        .join(" ");
      return Promise.resolve(
        ok({ text: cleanSummary(summary, text), model: extractiveModel, usage: noUsage }),
      );
    },
  };
}
