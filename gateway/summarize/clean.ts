// What a model wrote, fit to be shown: plain text, no hidden characters, no links of its own.

/** Longest summary that is passed on, in UTF-16 units. */
const maxLength = 1_500;
/** What a model wrote beyond this is not looked at. */
const maxRead = 4 * maxLength;

// C0 (but tab and line feed), C1, soft hyphen, zero-width, bidi and other format controls, tags.
const hidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\ufff9-\ufffb]|\u034f|[\u{e0000}-\u{e007f}]/gu;
/** Where some renderer would see a link begin. */
const linkStarts = [
  String.raw`(?:https?|ftp|wss?|file):[\\/]+`,
  String.raw`//(?=[\p{L}\p{N}])`,
  String.raw`www\.`,
  String.raw`(?:javascript|vbscript|data|blob|mailto|tel|sms):`,
  // A host and what is asked of it, without a scheme: evil.example/?q=…
  String.raw`(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}(?::\d+)?[/?#]`,
  // The target of a link in Markdown, whatever it is.
  String.raw`(?<=\]\()`,
];
/** Up to the punctuation around it. */
const link = new RegExp(
  String.raw`(?<![\p{L}\p{N}])(?:${linkStarts.join("|")})[^\s<>()"'*]*[^\s<>()"'*_.,!?:;。！？]`,
  "giu",
);
/** Markup: the answer's summary is plain text. */
const tag = /<[/!?]?\p{L}[^<>]*>/giu;

export interface SummaryCleaner {
  /** A summary that is all there. */
  whole(summary: string): string;
  /**
   * The part of an unfinished summary that can be shown: as clean as a whole one, up to the last
   * word that has ended. What comes later may still change it, so the whole one has the last word.
   */
  settled(soFar: string): string;
}

/** @param source the text that was summarised: links that stand in it may stay */
export function summaryCleaner(source: string): SummaryCleaner {
  const text = plain(source);
  const known = new Set([...(text.match(link) ?? []), ...(text.match(tag) ?? [])]);
  const strip = (written: string) =>
    written
      .replace(tag, (markup) => (known.has(markup) ? markup : ""))
      .replace(link, (url) => (known.has(url) ? url : ""));
  const tidy = (written: string) => {
    let clean = written.slice(0, maxRead).toWellFormed();
    // What is taken out may join what stood around it; each round is shorter than the one before.
    for (let next = strip(clean); next !== clean; next = strip(clean)) clean = next;
    return shorten(clean.replace(/[ \t]+/g, " ").trim(), maxLength);
  };
  return {
    whole: (summary) => tidy(plain(summary)),
    settled(soFar) {
      const written = plain(soFar);
      const words = written.slice(0, written.search(unfinishedWord));
      return tidy(words.slice(0, words.search(unfinishedTag)));
    },
  };
}

/** See summaryCleaner. */
export function cleanSummary(summary: string, source: string): string {
  return summaryCleaner(source).whole(summary);
}

/** From the last white space, or the last mark that ends a clause where words have no spaces. */
const unfinishedWord = /(?<=^|[\s、。，！？；：])[^\s、。，！？；：]*$/u;
/** A tag may hold white space; without one the end of the text. */
const unfinishedTag = /<[/!?]?\p{L}[^<>]*$|$/u;

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
