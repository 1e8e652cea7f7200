// From what the embeddings and the words say of one theme to one relevance score.
import { type Wording, lexicalRelevance } from "../../gateway/text/overlap.ts";

/**
 * What shared words add to the cosine. .3 to .7 are equally good within noise on the development
 * sets of the evaluation, .2 is worse; without it papers lose .17 nDCG@5, where terms of art decide
 * (gateway/decisions/0009).
 */
export const lexicalWeight = 0.3;
/** The fused value that counts as half relevant, and the step that moves the odds by a factor e. */
const midpoint = 0.4;
const step = 0.07;

/** A rerank document as a theme: the label before the first ": ", the description after it or "". */
export function readDocument(document: string): Wording {
  const colon = document.indexOf(": ");
  if (colon < 0) return { label: document, description: "" };
  return { label: document.slice(0, colon), description: document.slice(colon + 2) };
}

/**
 * Relevance of one theme, 0 to 1, rising in both arguments and in nothing else, so that a score
 * never depends on the other themes of a request. The logistic curve leaves the order alone: it
 * lifts clearly discussed themes (fused .43 and more) above .6 and untouched ones below .25.
 * @param cosine of text and theme, -1 to 1
 * @param overlapped lexical overlap of text and theme, >= 0
 */
export function fuse(cosine: number, overlapped: number): number {
  const fused = cosine + lexicalWeight * lexicalRelevance(overlapped);
  return 1 / (1 + Math.exp((midpoint - fused) / step));
}
