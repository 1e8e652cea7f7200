// What a model wrote, fit to be shown: plain text, no hidden characters, no links of its own.

/** Longest summary that is passed on, in UTF-16 units; a longer one is cut at a sentence or a word. */
const maxLength = 1_500;

// C0 (but tab and line feed), C1, zero-width and bidi controls, tag characters.
const hidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu;
const link = /\b(?:https?|ftp):\/\/[^\s<>()"']+|\bwww\.[^\s<>()"']+/giu;

/** @param source the text that was summarised: links that stand in it may stay */
export function cleanSummary(summary: string, source: string): string {
  const clean = summary
    .toWellFormed()
    .normalize("NFC")
    .replace(hidden, "")
    .replace(link, (url) => (source.includes(url) ? url : ""))
    .replace(/[ \t]+/g, " ")
    .trim();
  if (clean.length <= maxLength) return clean;
  const cut = clean.slice(0, maxLength).toWellFormed();
  const end = Math.max(cut.lastIndexOf(". "), cut.lastIndexOf("。")) + 1;
  return end > 0 ? cut.slice(0, end) : `${cut.slice(0, Math.max(1, cut.lastIndexOf(" ")))}…`;
}
