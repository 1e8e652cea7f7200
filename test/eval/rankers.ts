// The rankers that can stand in the table: this API, and any rerank API or server.
import { z } from "zod";
import type { EvalTheme } from "./dataset.ts";

/** One ranking as a client gets it. */
export interface Answer {
  /** Indices into the themes, best first. */
  readonly order: readonly number[];
  /** In the themes' order, 0-100. */
  readonly scores: readonly (number | null)[];
  readonly confidence: readonly number[] | null;
  readonly source: string | null;
  readonly model: string | null;
  readonly tokens: number | null;
  readonly costUsd: number | null;
}

/** How one API is asked and read. */
export interface RankerApi {
  readonly path: string;
  body(text: string, themes: readonly EvalTheme[], wanted: Wanted): unknown;
  /** @throws ZodError for an answer of another shape */
  read(body: unknown, themes: readonly EvalTheme[]): Answer;
}

export interface Wanted {
  readonly sources: readonly string[] | null;
  readonly cache: string;
  /** Of the foreign APIs. */
  readonly model: string;
}

const documents = (themes: readonly EvalTheme[]) =>
  themes.map(({ label, description = "" }) =>
    description === "" ? label : `${label}: ${description}`,
  );

const tokensShape = z
  .object({ total_tokens: z.number().nullish(), prompt_tokens: z.number().nullish() })
  .nullish();

interface Scored {
  readonly index: number;
  readonly score: number;
}

function reranked(
  results: readonly Scored[],
  themes: readonly EvalTheme[],
  usage: z.output<typeof tokensShape>,
  model: string | null = null,
): Answer {
  const indices = new Set(results.map(({ index }) => index));
  if (indices.size < themes.length || results.length > themes.length) {
    throw new Error(`${results.length} results for ${themes.length} documents`);
  }
  const scores = themes.map((_, index) => {
    const found = results.find((result) => result.index === index);
    return found === undefined ? null : 100 * found.score;
  });
  const order = results.toSorted((a, b) => b.score - a.score).map(({ index }) => index);
  const tokens = usage?.total_tokens ?? usage?.prompt_tokens ?? null;
  return { order, scores, confidence: null, source: null, model, tokens, costUsd: null };
}

const nativeShape = z.object({
  themes: z.array(
    z.object({ id: z.string(), score: z.number(), confidence: z.number().nullable() }),
  ),
  source: z.string(),
  model: z.string(),
  usage: z.object({
    prompt_tokens: z.number().nullable(),
    completion_tokens: z.number().nullable(),
    cost_usd: z.number().nullable(),
  }),
});

const cohereShape = z.object({
  results: z.array(z.object({ index: z.number(), relevance_score: z.number() })),
  model: z.string().nullish(),
  usage: tokensShape,
  meta: z.object({ billed_units: tokensShape }).nullish(),
});

const voyageShape = z.object({
  data: z.array(z.object({ index: z.number(), relevance_score: z.number() })),
  model: z.string().nullish(),
  usage: tokensShape,
});

const teiShape = z.array(z.object({ index: z.number(), score: z.number() }));

function cohereLike(path: string): RankerApi {
  return {
    path,
    body: (text, themes, { model }) => ({
      model,
      query: text,
      documents: documents(themes),
      top_n: themes.length,
    }),
    read(body, themes) {
      const { results, usage, meta, model } = cohereShape.parse(body);
      const scored = results.map(({ index, relevance_score: score }) => ({ index, score }));
      return reranked(scored, themes, usage ?? meta?.billed_units, model ?? null);
    },
  };
}

/** By the name of `--api`. Shapes: the vendors' references, as of 2026-11. */
export const rankerApis: Readonly<Record<string, RankerApi>> = {
  themerank: {
    path: "/v1/rank",
    body: (text, themes, { sources, cache }) => ({
      text,
      themes,
      cache,
      timeout_ms: 30_000,
      ...(sources !== null && { sources }),
    }),
    read(body, themes) {
      const answer = nativeShape.parse(body);
      const at = new Map(themes.map(({ id }, index) => [id.normalize(), index]));
      const order = answer.themes.map(({ id }) => at.get(id) ?? -1);
      if (new Set(order).size < themes.length || order.includes(-1)) {
        throw new Error(`${answer.themes.length} themes for ${themes.length}`);
      }
      const inOrder = order
        .map((index, rank) => ({ index, ...answer.themes[rank] }))
        .toSorted((a, b) => a.index - b.index);
      const confidence = inOrder.map((theme) => theme.confidence ?? null);
      const { prompt_tokens: read, completion_tokens: written, cost_usd: costUsd } = answer.usage;
      return {
        order,
        scores: inOrder.map(({ score }) => score ?? null),
        confidence: confidence.every((each) => each !== null) ? confidence : null,
        source: answer.source,
        model: answer.model,
        tokens: read === null || written === null ? null : read + written,
        costUsd,
      };
    },
  },
  cohere: cohereLike("/v2/rerank"),
  jina: cohereLike("/v1/rerank"),
  voyage: {
    path: "/v1/rerank",
    body: (text, themes, { model }) => ({
      model,
      query: text,
      documents: documents(themes),
      top_k: themes.length,
    }),
    read(body, themes) {
      const { data, usage, model } = voyageShape.parse(body);
      const scored = data.map(({ index, relevance_score: score }) => ({ index, score }));
      return reranked(scored, themes, usage, model ?? null);
    },
  },
  tei: {
    path: "/rerank",
    body: (text, themes) => ({ query: text, texts: documents(themes), truncate: true }),
    read: (body, themes) => reranked(teiShape.parse(body), themes, null),
  },
};
