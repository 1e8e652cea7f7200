// Which parts of the text as it stands in the box the service's spans mean.

/** @typedef {import("./wire.js").Span} Span */
/** @typedef {{ text: string, marked: boolean }} Piece */

/**
 * Cuts a text into what is marked and what is not. The service counts in the text after NFC and
 * trimming; NFC joins no two graphemes, so positions are carried over grapheme by grapheme.
 * @param {string} text as typed
 * @param {readonly Span[]} spans
 * @returns {Piece[]} joined they are the text
 */
export function piecesOf(text, spans) {
  if (spans.length === 0) return [{ text, marked: false }];
  const lead = text.length - text.trimStart().length;
  /** @type {Piece[]} */
  const pieces = [];
  let at = 0;
  let index = 0;
  for (const { segment } of graphemes.segment(text)) {
    const inside = index >= lead;
    const marked = inside && spans.some(({ start, end }) => start <= at && at < end);
    const last = pieces.at(-1);
    if (last !== undefined && last.marked === marked) last.text += segment;
    else pieces.push({ text: segment, marked });
    if (inside) at += codePoints(segment.normalize("NFC"));
    index += segment.length;
  }
  return pieces;
}

/** Length as the service counts it. @param {string} text */
export function codePoints(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * The sentences that spans mean, each as one line.
 * @param {string} text
 * @param {readonly Span[]} spans
 */
export function quotesOf(text, spans) {
  return piecesOf(text, spans)
    .filter(({ marked }) => marked)
    .map((piece) => piece.text.replaceAll(/\s+/g, " ").trim());
}
