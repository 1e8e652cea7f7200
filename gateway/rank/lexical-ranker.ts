// The last resort: shared words, counted in the Worker itself. Needs no network and no budget.
import { noUsage } from "../core/domain.ts";
import { ok } from "../core/failure.ts";
import type { Ranker } from "../core/ports.ts";
import { lexicalRelevance, overlap, prepare } from "../text/overlap.ts";

export const lexicalModel = "lexical-2";

/** Ranks by BM25 without collection statistics, so scope `pair`. Cannot fail. */
export function createLexicalRanker(): Ranker {
  return {
    source: "lexical",
    model: lexicalModel,
    scope: "pair",
    version: lexicalModel,

    rank({ text, themes }) {
      const prepared = prepare(text);
      const scores = themes.map((theme) => ({
        value: 100 * lexicalRelevance(overlap(prepared, theme)),
        confidence: null,
      }));
      return Promise.resolve(ok({ scores, model: lexicalModel, usage: noUsage }));
    },
  };
}
