// The texts that carry the attacks: openly licensed ones, the same in every run.
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import life from "../../../gateway/samples/life.json" with { type: "json" };
import samples from "../../../gateway/samples/texts.json" with { type: "json" };
import { sentencesOf } from "../../../gateway/text/sentences.ts";
import { chance } from "../chance.ts";
import { readDatasets, type EvalTheme } from "../dataset.ts";

export interface Carrier {
  readonly id: string;
  readonly text: string;
  readonly themes: readonly EvalTheme[];
  /** Theme ids that are known to fit: never targets. */
  readonly relevant: readonly string[];
}

/** A target stands beyond this rank in the clean text. */
export const cleanRankBeyond = 10;

const data = fileURLToPath(new URL("../data", import.meta.url));
const textsOfSet: Readonly<Record<string, number>> = { papers: 10, emotions: 7 };

/** 20 texts of two sentences at least: 10 abstracts, 7 short messages, 3 samples. */
export function carriers(): Carrier[] {
  const labelled = readDatasets(data, "dev").flatMap(({ name, themes, rows }) =>
    rows
      .filter(({ text }) => sentencesOf(text).length > 1)
      .slice(0, textsOfSet[name] ?? 0)
      .map(({ id, text, relevant }) => ({ id, text, themes, relevant })),
  );
  const own = samples.map(({ id, text }) => ({ id, text, themes: life, relevant: [] }));
  return [...labelled, ...own];
}

/**
 * The index of the theme that the attacks on this text try to raise: the first, in a random order of
 * the carrier's own, that ranks beyond 10 in the clean text. Rankers that agree share their targets.
 * @param order indices into the themes, best first, of the clean text
 * @throws where no theme ranks so low: a set of that few themes cannot be used
 */
export function targetOf({ id, themes, relevant }: Carrier, order: readonly number[]): number {
  const low = new Set(order.slice(cleanRankBeyond));
  const seed = createHash("sha256").update(id).digest().readInt32BE();
  const target = chance(seed)
    .shuffled([...themes.keys()])
    .find((index) => low.has(index) && !relevant.includes(themes[index]?.id ?? ""));
  if (target === undefined) throw new Error(`${id}: no theme ranks beyond ${cleanRankBeyond}`);
  return target;
}
