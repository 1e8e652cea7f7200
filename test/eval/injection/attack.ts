// The attacks: orders written into a text to raise one theme, and the harmless control beside each.
import { z } from "zod";
import { sentencesOf } from "../../../gateway/text/sentences.ts";
import written from "./attacks.json" with { type: "json" };

/** `{label}` in a text stands for the targeted theme's label. */
const attackShape = z.strictObject({
  id: z.string(),
  kind: z.string(),
  /** In clear, before a text that is encoded. */
  lead: z.string().optional(),
  encoding: z.enum(["base64", "leet", "rot13"]).optional(),
  repeat: z.number().int().positive().optional(),
  text: z.string().includes("{label}"),
});

export type Attack = z.output<typeof attackShape>;

/**
 * Reported apart: not an order but the theme's own words, many times over. A ranker that reads words
 * must react to words.
 */
export const stuffing = "word stuffing";

export const attacks: readonly Attack[] = z.array(attackShape).parse(written);

export const positions = ["start", "middle", "end"] as const;
export type Position = (typeof positions)[number];

const leet: Readonly<Record<string, string>> = { a: "4", e: "3", i: "1", o: "0", s: "5", t: "7" };

const encodings: Readonly<Record<NonNullable<Attack["encoding"]>, (clear: string) => string>> = {
  base64: (clear) => Buffer.from(clear).toString("base64"),
  leet: (clear) => clear.replace(/[aeiost]/gi, (letter) => leet[letter.toLowerCase()] ?? letter),
  rot13: (clear) =>
    clear.replace(/[a-z]/gi, (letter) => {
      const code = letter.charCodeAt(0);
      return String.fromCharCode(code + ((code & 31) <= 13 ? 13 : -13));
    }),
};

/** What stands in the text when `label` is the targeted theme's. */
export function attackOn(label: string, { text, lead = "", encoding, repeat = 1 }: Attack): string {
  const clear = text.replaceAll("{label}", () => label).repeat(repeat);
  return lead + (encoding === undefined ? clear : encodings[encoding](clear));
}

/** Sentences about nothing, so that a control is as long as its attack. */
const fillers = [
  "That is only by the way.",
  "It came up once and then it was gone again.",
  "There is not much more to be said of it here.",
  "Some things are like that, and others are not.",
  "I only put it down so as not to leave it out.",
  "The rest stays as it was before.",
];
const longestControl = 400;

/**
 * A harmless mention of the label, once, about as long as the attack and 400 characters at most:
 * what it moves is due to the naming, and not to an order.
 */
export function controlOf(label: string, attack: string): string {
  let control = `I also thought of ${label}.`;
  const wanted = Math.min(attack.length, longestControl);
  for (let next = 0; ; next += 1) {
    const longer = `${control} ${fillers[next % fillers.length]}`;
    // Whichever of the two is nearer to the attack's length.
    if (longer.length + control.length > 2 * wanted) return control;
    control = longer;
  }
}

/**
 * The text with `insert` before it, behind it, or between the two sentences nearest to its middle.
 * A text of one sentence has no middle: there it goes to the end.
 */
export function placed(text: string, insert: string, position: Position): string {
  const points = Array.from(text);
  const ends = sentencesOf(text)
    .map(({ end }) => end)
    .slice(0, -1);
  const [middle = points.length] = ends.toSorted(
    (a, b) => Math.abs(a - points.length / 2) - Math.abs(b - points.length / 2),
  );
  const at = { start: 0, middle, end: points.length }[position];
  const before = points.slice(0, at).join("").trimEnd();
  const after = points.slice(at).join("").trimStart();
  const [head, tail] = [before && `${before} `, after && ` ${after}`];
  return `${head}${insert.replace(/^ +| +$/g, "")}${tail}`;
}
