// A text cut into sentences, with their places in it.
import type { Span } from "../core/domain.ts";
import { codePoints } from "./normal-form.ts";

export interface Sentence extends Span {
  readonly text: string;
}

/** Made when first needed, as that of words in terms.ts. */
let segmenter: Intl.Segmenter | null = null;
const cut = (text: string) =>
  (segmenter ??= new Intl.Segmenter("en", { granularity: "sentence" })).segment(text);

/** The segmenter ends a sentence at any mark; one in the middle of a word or a link ends none. */
function* segments(text: string): Generator<string> {
  let held = "";
  for (const { segment } of cut(text)) {
    if (held !== "" && !(/[.!?]$/.test(held) && /^[\p{L}\p{N}/&=#_%-]/u.test(segment))) {
      yield held;
      held = "";
    }
    held += segment;
  }
  if (held !== "") yield held;
}

/** The sentences in reading order, white space around them left out; line breaks end one too. */
export function sentencesOf(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  let at = 0;
  for (const segment of segments(text)) {
    const trimmed = segment.trim();
    const lead = segment.length - segment.trimStart().length;
    const start = at + codePoints(segment.slice(0, lead));
    if (trimmed !== "") sentences.push({ text: trimmed, start, end: start + codePoints(trimmed) });
    at += codePoints(segment);
  }
  return sentences;
}
