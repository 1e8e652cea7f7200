// From a text to its terms: words without inflection, English function words left out.
import { stemmer } from "stemmer";

/** Function words, and the pieces that a contraction leaves when split at its apostrophe. */
const stopWords = new Set(
  (
    "a about above across after again against ain all also although always am among an and another any " +
    "anyone anything are aren around as at be because been before being below between " +
    "both but by can cannot could couldn d did didn do does doesn doing don done down during each " +
    "either else ever every everyone everything few for from further get gets getting go goes going " +
    "got had hadn has hasn have haven having he her here hers herself him himself his how however i " +
    "if im in into is isn it its itself just let like ll m many may me might mine more most much must " +
    "my myself neither no nor not now of off often on once one only onto or other others our ours " +
    "ourselves out over own per rather re really s same shall she should shouldn since so some someone " +
    "something still such t than that the their theirs them themselves then there these they thing " +
    "things this those though through thus to too toward towards two under until up upon us ve very " +
    "via was was wasn we were weren what when where whether which while who whom whose why will with " +
    "within without would wouldn yet you your yours yourself yourselves"
  ).split(" "),
);

/** A letter or digit with all letters, digits and combining marks after it. */
const wordRun = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;
const english = /^[a-z]+$/;
/** Scripts that put no space between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** Finds words by dictionary in the unspaced scripts, whatever locale it is given. */
let segmenter: Intl.Segmenter | null = null;
/** Made when first needed: the first one in an isolate costs as much as a tenth of its start. */
const segments = (run: string) =>
  (segmenter ??= new Intl.Segmenter("en", { granularity: "word" })).segment(run);

/** Porter's rules leave these where -y, -ous and -osity were; a short stem may differ by one alone. */
const leftOver = /(?<=.{5})[ius]$/;

/** The words of `text` in reading order, in lower case, function words included. */
export function* words(text: string): Generator<string> {
  for (const [run] of text.normalize("NFKC").toLowerCase().matchAll(wordRun)) {
    if (!unspaced.test(run)) yield run;
    else for (const { segment } of segments(run)) yield segment;
  }
}

/** Whether a word, as `words` gives it, says nothing of a subject: an English function word. */
export function isFunctionWord(word: string): boolean {
  return stopWords.has(word);
}

/**
 * A word, as `words` gives it, without its inflection: words of plain a-z after Porter (1980) and
 * one step further, so that geometry is geometric and curious is curiosity; others stay whole.
 */
export function stem(word: string): string {
  return english.test(word) ? stemmer(word).replace(leftOver, "") : word;
}

/**
 * The terms of `text` in reading order, repeats kept. NFKC and lower case make the spellings of one
 * word equal; diacritics stay, because they tell words apart in most languages that use them.
 * @returns [] when the text holds nothing but function words, punctuation or white space
 */
export function terms(text: string): string[] {
  const found: string[] = [];
  for (const each of words(text)) if (!isFunctionWord(each)) found.push(stem(each));
  return found;
}
