// GET /v1/status: which rankers and summarizers there are and whether each can be used.
import type { z } from "@hono/zod-openapi";
import type { Config } from "../config.ts";
import type { CircuitView, OriginView } from "../core/circuit.ts";
import type { Pipeline } from "../pipeline.ts";
import type { statusAnswer } from "./answer-schema.ts";

type Status = z.output<typeof statusAnswer>;

/**
 * @param origin what this isolate knows of the origin; null when there is none
 * @param running which code this is, by its own number and by Cloudflare's
 */
export function toStatus(
  config: Config,
  pipeline: Pipeline,
  origin: OriginView | null,
  running: Pick<Status, "version" | "deployment">,
): Status {
  const describe = (provider: { source: string; model: string } | undefined) => {
    const view = provider?.source === "origin" ? origin : null;
    return {
      configured: provider !== undefined,
      ...circuit(view ?? well),
      model: provider?.model ?? null,
      ...(view !== null && view.replicas.length > 1 && { replicas: view.replicas.map(circuit) }),
    };
  };
  const isDown = origin !== null && origin.state !== "closed";
  return {
    status: isDown && pipeline.rankers[0]?.source === "origin" ? "degraded" : "ok",
    ...running,
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

/** Only the origin has a circuit. */
const well: CircuitView = { state: "closed", sinceMs: null, reason: null };

function circuit({ state, sinceMs, reason }: CircuitView) {
  const since = sinceMs === null ? null : new Date(sinceMs).toISOString();
  return { state, since, reason };
}

function modeOf({ rankers, summarizers }: Pipeline): Status["mode"] {
  const sources = new Set<string>([...rankers, ...summarizers].map(({ source }) => source));
  if (sources.has("origin")) return sources.has("gemini") ? "hybrid" : "all-local";
  return sources.has("gemini") ? "all-gemini" : "lexical";
}
