// A long text as the pieces that the model can read.

/**
 * The model reads the first 128 tokens of its input and drops the rest without a word. English has
 * 3.6 characters a token, so a piece of this size is read whole unless it is mostly formulas.
 */
export const maxPieceChars = 400;
/** A piece costs about 70 ms on one CPU core: ten are what a user will wait for. */
export const maxPieces = 10;

/** Cuts a text into pieces of about equal size, each at white space where its last tenth has some. */
function cutAll(text: string): string[] {
  const cut: string[] = [];
  for (let start = 0, end = 0; start < text.length; start = end) {
    const left = text.length - start;
    const size = Math.ceil(left / Math.ceil(left / maxPieceChars));
    end = start + size;
    const space = text.lastIndexOf(" ", end - 1);
    if (size < left && space > start + 0.9 * size) end = space;
    cut.push(text.slice(start, end));
  }
  return cut;
}

/**
 * At most `maxPieces` pieces of at most `maxPieceChars` UTF-16 units, in reading order. Of a text of
 * up to 3,000 they are the whole, joined again; of a longer one an even sample, first and last
 * piece included, because a text's subject is found throughout it.
 */
export function pieces(text: string): string[] {
  const all = cutAll(text);
  if (all.length <= maxPieces) return all;
  const stride = (all.length - 1) / (maxPieces - 1);
  return Array.from({ length: maxPieces }, (_, i) => all[Math.round(i * stride)] ?? "");
}
