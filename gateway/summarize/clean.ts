// What a model wrote, fit to be shown: plain text, no hidden characters, no links of its own.

/** Longest summary that is passed on, in UTF-16 units. */
const maxLength = 1_500;

// C0 (but tab and line feed), C1, soft hyphen, zero-width, bidi and other format controls, tags.
const hidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\ufff9-\ufffb]|\u034f|[\u{e0000}-\u{e007f}]/gu;
/** Any spelling that some renderer takes for a link, up to the punctuation around it. */
const link =
  /(?<![\p{L}\p{N}])(?:(?:https?|ftp):[\\/]+|\/\/(?=[\p{L}\p{N}])|www\.|(?:javascript|vbscript|data|mailto):)[^\s<>()"'*]*[^\s<>()"'*_.,!?:;。！？]/giu;

/** @param source the text that was summarised: links that stand in it may stay */
export function cleanSummary(summary: string, source: string): string {
  const known = new Set(plain(source).match(link));
  const clean = plain(summary)
    .replace(link, (url) => (known.has(url) ? url : ""))
    .replace(/[ \t]+/g, " ")
    .trim();
  return shorten(clean, maxLength);
}

const sentenceEnd = /[.!?](?=\s)|[。！？]/gu;

/**
 * At most `length` UTF-16 units: up to the last sentence or word that ends in the second half, else
 * cut hard; a cut within a sentence is marked.
 */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  const cut = text.slice(0, length);
  const end = [...cut.matchAll(sentenceEnd)].at(-1);
  if (end !== undefined && end.index >= length / 2) return cut.slice(0, end.index + end[0].length);
  const space = cut.lastIndexOf(" ");
  const rest = space >= length / 2 ? cut.slice(0, space) : cut.replace(/[\ud800-\udbff]$/, "");
  return `${rest}…`;
}

function plain(text: string): string {
  return text.toWellFormed().normalize("NFC").replace(hidden, "");
}
