// A long text as the pieces that the model can read.

/**
 * The model reads the first 128 tokens of its input and drops the rest without a word. English has
 * 3.6 characters a token, so a piece of this size is read whole unless it is mostly formulas.
 */
export const maxPieceChars = 400;
/** A piece costs about 70 ms on one CPU core: ten are what a user will wait for. */
export const maxPieces = 10;

/** Cuts a text into pieces of about equal size, each at white space where some is near. */
function cutAll(text: string): string[] {
  const size = Math.ceil(text.length / Math.ceil(text.length / maxPieceChars));
  const cut: string[] = [];
  let start = 0;
  while (text.length - start > size) {
    const space = text.lastIndexOf(" ", start + size - 1);
    const end = space > start + size / 2 ? space : start + size;
    cut.push(text.slice(start, end));
    start = end;
  }
  if (start < text.length) cut.push(text.slice(start));
  return cut;
}

/**
 * At most `maxPieces` pieces of at most `maxPieceChars` UTF-16 units, in reading order. Of a text of
 * up to 3,600 they are the whole, joined again; of a longer one an even sample, first and last
 * piece included, because a text's subject is found throughout it.
 */
export function pieces(text: string): string[] {
  const all = cutAll(text);
  if (all.length <= maxPieces) return all;
  const stride = (all.length - 1) / (maxPieces - 1);
  return Array.from({ length: maxPieces }, (_, i) => all[Math.round(i * stride)] ?? "");
}
