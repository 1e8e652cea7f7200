// Ways to count shared words: the shipped count over inputs changed so that one of its parts has no effect.
import { stemmer } from "stemmer";
import {
  overlap,
  prepare,
  saturation,
  type Prepared,
  type Wording,
} from "../../gateway/text/overlap.ts";
import { isFunctionWord, stem, terms, words } from "../../gateway/text/terms.ts";

/** Judges themes against one text; only the order of the values means something. */
export type Judge = (theme: Wording) => number;

export interface LexicalVariant {
  readonly name: string;
  judge(text: string): Judge;
}

/** A changed theme, made once: the shipped count recognises a theme by its object. */
function remade(change: (theme: Wording) => Wording): (theme: Wording) => Wording {
  const known = new WeakMap<Wording, Wording>();
  return (theme) => {
    const found = known.get(theme) ?? change(theme);
    known.set(theme, found);
    return found;
  };
}

/** With other words for the themes alone. */
function themed(name: string, change: (theme: Wording) => Wording): LexicalVariant {
  const other = remade(change);
  return {
    name,
    judge(text) {
      const prepared = prepare(text);
      return (theme) => overlap(prepared, other(theme));
    },
  };
}

/** With other terms on both sides: a digit at its end keeps a term from being stemmed or dropped. */
function spelt(name: string, termsOf: (text: string) => string[]): LexicalVariant {
  const respell = (text: string) =>
    termsOf(text)
      .map((term) => `${term}0`)
      .join(" ");
  const other = remade(({ label, description }) => ({
    label: respell(label),
    description: respell(description),
  }));
  return {
    name,
    judge(text) {
      const prepared = prepare(respell(text));
      return (theme) => overlap(prepared, other(theme));
    },
  };
}

/** With another curve: the length at which the shipped one is as damped. Its height orders nothing. */
function shaped(changed: Partial<Record<keyof typeof saturation, number>>): LexicalVariant {
  const { k1, b, referenceLength } = { ...saturation, ...changed };
  const [[key, value] = []] = Object.entries(changed);
  return {
    name: `${key} ${value}`,
    judge(text) {
      const { counts, length } = prepare(text);
      const damping = k1 * (1 - b + (b * length) / referenceLength);
      const share = (damping / saturation.k1 - 1 + saturation.b) / saturation.b;
      const prepared = { counts, length: share * saturation.referenceLength };
      return (theme) => overlap(prepared, theme);
    },
  };
}

/**
 * With terms of the text that only resemble a theme's counting for it, where it does not occur.
 * @param resembles how much an occurrence of the second term counts for the first, 0-1
 */
function resembling(
  name: string,
  resembles: (wanted: string, found: string) => number,
): LexicalVariant {
  const wanted = new WeakMap<Wording, readonly string[]>();
  return {
    name,
    judge(text) {
      const prepared = prepare(text);
      return (theme) => {
        const own = wanted.get(theme) ?? terms(`${theme.label} ${theme.description}`);
        wanted.set(theme, own);
        return overlap(withResembling(prepared, own, resembles), theme);
      };
    },
  };
}

function withResembling(
  { counts, length }: Prepared,
  wanted: readonly string[],
  resembles: (wanted: string, found: string) => number,
): Prepared {
  const added = new Map(counts);
  for (const term of new Set(wanted)) {
    if (counts.has(term)) continue;
    let sum = 0;
    for (const [found, count] of counts) sum += count * resembles(term, found);
    if (sum > 0) added.set(term, sum);
  }
  return { counts: added, length };
}

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

/** Dice's coefficient of the letter trigrams, word boundaries included. */
function trigramShare(a: string, b: string): number {
  const [mine, theirs] = [a, b].map((term) => {
    const padded = `^${term}$`;
    return new Set(Array.from({ length: padded.length - 2 }, (_, at) => padded.slice(at, at + 3)));
  }) as [Set<string>, Set<string>];
  return (2 * [...mine].filter((each) => theirs.has(each)).length) / (mine.size + theirs.size);
}

const content = (text: string) => [...words(text)].filter((word) => !isFunctionWord(word));
const described = ({ label, description }: Wording) => `${label} ${description}`;
const splitHashtags = (text: string) => text.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2");

/** These stand in the embedded ranker's table too. */
export const porterAlone = spelt("stems after Porter alone (lexical-1)", (text) =>
  content(text).map(stemmer),
);
export const labelAlone = themed("no description", (theme) => ({ ...theme, description: "" }));
export const compounds = resembling("parts of compounds count", (a, b) =>
  a.length >= 4 && b.length >= a.length + 3 && b.includes(a) ? 1 : 0,
);

export const lexicalVariants: readonly LexicalVariant[] = [
  spelt("no stemming", content),
  porterAlone,
  spelt("function words kept", (text) => [...words(text)].map(stem)),
  themed("label weighs 1", (theme) => ({ label: "", description: described(theme) })),
  themed("label weighs 3", (theme) => ({ ...theme, description: described(theme) })),
  labelAlone,
  themed("no label", (theme) => ({ ...theme, label: "" })),
  ...[0.5, 1.2, 4, 8].map((k1) => shaped({ k1 })),
  ...[0, 0.25, 0.75, 1].map((b) => shaped({ b })),
  ...[30, 100, 200].map((referenceLength) => shaped({ referenceLength })),
  ...[5, 6, 7].map((size) =>
    spelt(`stems cut to ${size} letters`, (text) => terms(text).map((term) => term.slice(0, size))),
  ),
  ...[0.7, 0.8].map((share) =>
    resembling(`same start, ${share} of the longer stem`, (a, b) => {
      const start = commonStart(a, b);
      return start >= 5 && start / Math.max(a.length, b.length) >= share ? 1 : 0;
    }),
  ),
  ...[0.6, 0.7].map((share) =>
    resembling(`${share} of the letter trigrams shared`, (a, b) =>
      trigramShare(a, b) >= share ? 1 : 0,
    ),
  ),
  compounds,
  {
    name: "hashtags split at capitals",
    judge(text) {
      const prepared = prepare(splitHashtags(text));
      return (theme) => overlap(prepared, theme);
    },
  },
];
