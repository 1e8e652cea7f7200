// Ways to rank by embeddings and shared words, from the parts of the embedded origin.
import { lexicalRelevance, overlap, prepare, type Wording } from "../../gateway/text/overlap.ts";
import { sentencesOf } from "../../gateway/text/sentences.ts";
import { similarity, type Embedding } from "../../gpu-origin/embedded/embedder.ts";
import { lexicalWeight } from "../../gpu-origin/embedded/fusion.ts";
import { pieces } from "../../gpu-origin/embedded/pieces.ts";
import {
  compounds,
  labelAlone,
  porterAlone,
  type Judge,
  type LexicalVariant,
} from "./lexical-variants.ts";

/** Embeds a text, each but once. */
export type Embedder = (text: string) => Promise<Embedding>;

export interface EmbeddedVariant {
  readonly name: string;
  /** Learns the themes' embeddings, so that a text is judged at once. */
  judge(embed: Embedder, themes: readonly Wording[], text: string): Promise<Judge>;
}

/** What is compared, and by what the words count. */
interface Parts {
  /** The wordings of a theme that are embedded, each with its share of the cosine. */
  readonly embedded?: (theme: Wording) => readonly (readonly [string, number])[];
  readonly weight?: number;
  /** The parts of the text that are embedded: all as one when left out. */
  readonly cut?: (text: string) => readonly string[];
  readonly join?: (cosines: readonly number[]) => number;
  /** Another count of shared words than the shipped one. */
  readonly counted?: LexicalVariant;
}

const whole = ({ label, description }: Wording) => `${label}: ${description}`;
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const max = (values: readonly number[]) => Math.max(...values);
const sentences = (text: string) => sentencesOf(text).map((sentence) => sentence.text);

const shippedCount: LexicalVariant = {
  name: "shipped",
  judge(text) {
    const prepared = prepare(text);
    return (theme) => overlap(prepared, theme);
  },
};

function variant(
  name: string,
  {
    embedded = (theme) => [[whole(theme), 1]],
    weight = lexicalWeight,
    cut = (text) => [text],
    join = mean,
    counted = shippedCount,
  }: Parts,
): EmbeddedVariant {
  return {
    name,
    async judge(embed, themes, text) {
      const learnt = new Map<Wording, [Embedding, number][]>();
      for (const theme of themes) {
        const vectors: [Embedding, number][] = [];
        for (const [part, share] of embedded(theme)) vectors.push([await embed(part), share]);
        learnt.set(theme, vectors);
      }
      const read: Embedding[] = [];
      for (const part of cut(text)) read.push(await embed(part));
      const shared = counted.judge(text);
      return (theme) => {
        const cosines = read.map((part) =>
          (learnt.get(theme) ?? []).reduce(
            (sum, [vector, share]) => sum + share * similarity(part, vector),
            0,
          ),
        );
        return join(cosines) + weight * lexicalRelevance(shared(theme));
      };
    },
  };
}

export const embeddedVariants: readonly EmbeddedVariant[] = [
  variant("cosine alone", { weight: 0 }),
  {
    name: "words alone",
    judge: (_embed, _themes, text) => Promise.resolve(shippedCount.judge(text)),
  },
  ...[0.1, 0.2, 0.3, 0.4, 0.5, 0.7].map((weight) => variant(`words weigh ${weight}`, { weight })),
  variant(`words: ${porterAlone.name}`, { counted: porterAlone }),
  variant(`words: ${compounds.name}`, { counted: compounds }),
  variant("label alone, cosine", { embedded: ({ label }) => [[label, 1]], weight: 0 }),
  variant("label alone, cosine and words", {
    embedded: ({ label }) => [[label, 1]],
    counted: labelAlone,
  }),
  variant("description alone embedded", { embedded: ({ description }) => [[description, 1]] }),
  ...[0.3, 0.5].map((share) =>
    variant(`label (${share}) and description embedded apart`, {
      embedded: ({ label, description }) => [
        [label, share],
        [description, 1 - share],
      ],
    }),
  ),
  variant("label (0.2) embedded beside the whole", {
    embedded: (theme) => [
      [theme.label, 0.2],
      [whole(theme), 0.8],
    ],
  }),
  variant("a full stop in place of the colon", {
    embedded: ({ label, description }) => [[`${label}. ${description}`, 1]],
  }),
  variant("best piece of 400 characters", { cut: pieces, join: max }),
  variant("mean of the pieces' cosines", { cut: pieces }),
  variant("best sentence", { cut: sentences, join: max }),
  variant("mean of the sentences' cosines", { cut: sentences }),
  variant("best sentence and the whole, half each", {
    cut: (text) => [text, ...sentences(text)],
    join: ([all = 0, ...each]) => (all + max(each)) / 2,
  }),
];
