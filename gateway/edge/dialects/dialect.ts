// What every rerank dialect is: a pure mapping from a vendor's request to rankings, and back.
import type { z } from "@hono/zod-openapi";
import { rankerSources, type Theme, type Usage } from "../../core/domain.ts";
import { ok, type Result } from "../../core/failure.ts";
import type { RankOutcome } from "../../core/outcome.ts";
import type { RankQuery } from "../../pipeline.ts";
import { parseBody } from "../body.ts";
import type { Trouble } from "../problem.ts";

/** What the gateway itself knows of an answer. */
export interface Receipt {
  readonly requestId: string;
  /** Of all rankings together. */
  readonly usage: Usage;
}

/** A vendor's request, understood. */
export interface Asked {
  /** One ranking, or one for each of several texts. */
  readonly queries: readonly RankQuery[];
  /** The vendor's answer, from one outcome for each query. */
  readonly answer: (outcomes: readonly RankOutcome[], receipt: Receipt) => object;
}

export interface Dialect {
  readonly request: z.ZodType;
  readonly answer: z.ZodType;
  readonly read: (value: unknown) => Result<Asked, Trouble>;
}

export function dialect<S extends z.ZodType>(
  request: S,
  answer: z.ZodType,
  ask: (body: z.output<S>) => Asked,
): Dialect {
  return {
    request,
    answer,
    read(value) {
      const body = parseBody(value, request);
      return body.ok ? ok(ask(body.value)) : body;
    },
  };
}

/** The query of a dialect: every ranker, the cache as usual. @param topK null = all */
export function queryOf(text: string, themes: readonly Theme[], topK: number | null): RankQuery {
  const sources = rankerSources;
  return { text, themes, topK: topK ?? themes.length, minScore: 0, mode: "default", sources };
}

/** A score of 0-100 with one decimal as the vendors write it, 0-1. */
export const fraction = (score: number) => Math.round(score * 10) / 1_000;

/** The vendors' counts are numbers always: 0 where the ranker told none. */
export function tokensOf({ promptTokens, completionTokens }: Usage) {
  const prompt = promptTokens ?? 0;
  return { prompt_tokens: prompt, total_tokens: prompt + (completionTokens ?? 0) };
}
