// GET /v1/status: which rankers and summarizers there are and whether each can be used.
import type { z } from "@hono/zod-openapi";
import type { Config } from "../config.ts";
import type { Pipeline } from "../pipeline.ts";
import type { statusAnswer } from "./answer-schema.ts";

type Status = z.output<typeof statusAnswer>;

export function toStatus(config: Config, pipeline: Pipeline, version: string): Status {
  const describe = (provider: { model: string } | undefined) => ({
    configured: provider !== undefined,
    state: "closed" as const,
    since: null,
    reason: null,
    model: provider?.model ?? null,
  });
  return {
    status: "ok",
    version,
    mode: modeOf(pipeline),
    rankers: config.RANKERS.map((source) => ({
      source,
      ...describe(pipeline.rankers.find((ranker) => ranker.source === source)),
    })),
    summarizers: config.SUMMARIZERS.map((source) => ({
      source,
      ...describe(pipeline.summarizers.find((summarizer) => summarizer.source === source)),
    })),
  };
}

function modeOf({ rankers, summarizers }: Pipeline): Status["mode"] {
  const sources = new Set<string>([...rankers, ...summarizers].map(({ source }) => source));
  if (sources.has("origin")) return sources.has("gemini") ? "hybrid" : "all-local";
  return sources.has("gemini") ? "all-gemini" : "lexical";
}
