// GET /v1/status: which rankers and summarizers there are and whether each can be used.
import type { z } from "@hono/zod-openapi";
import type { Config } from "../config.ts";
import type { CircuitView, CircuitViews } from "../core/circuit.ts";
import type { Pipeline } from "../pipeline.ts";
import type { RecentView } from "../telemetry/recent-requests.ts";
import type { statusAnswer } from "./answer-schema.ts";

type Status = z.output<typeof statusAnswer>;

/** A status may be seconds old: so long it may be kept. */
export const statusMaxAgeSeconds = 5;

/**
 * @param circuits what this isolate knows of the upstreams that are configured
 * @param running which code this is, by its own number and by Cloudflare's
 * @param recent what it has seen of requests, for an operator; null = for everybody else
 */
export function toStatus(
  config: Config,
  pipeline: Pipeline,
  circuits: CircuitViews,
  running: Pick<Status, "version" | "deployment">,
  recent: RecentView | null,
): Status {
  const describe = (provider: { source: string; model: string } | undefined) => {
    const view = provider && viewOf(provider.source, circuits);
    const replicas = provider?.source === "origin" ? (circuits.origin?.replicas ?? []) : [];
    return {
      configured: provider !== undefined,
      ...circuit(view ?? well),
      model: provider?.model ?? null,
      ...(replicas.length > 1 && { replicas: replicas.map(circuit) }),
    };
  };
  const preferred = viewOf(pipeline.rankers[0]?.source ?? "", circuits);
  return {
    status: preferred.state === "closed" ? "ok" : "degraded",
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
    ...(recent && { isolate: toIsolate(recent) }),
  };
}

function toIsolate(recent: RecentView): Status["isolate"] {
  const round = (share: number | null) =>
    share === null ? null : Math.round(share * 1_000) / 1_000;
  return {
    since: new Date(recent.sinceMs).toISOString(),
    rankings: recent.rankings,
    hit_ratio: round(recent.hitRatio),
    failover_rate: round(recent.failoverRate),
    failovers: recent.failovers.map(({ atMs, id, source, reason }) => ({
      at: new Date(atMs).toISOString(),
      request_id: id,
      source,
      reason,
    })),
  };
}

const well: CircuitView = { state: "closed", sinceMs: null, reason: null };

/** What computes in the Worker itself is always well. */
function viewOf(source: string, { origin, gemini }: CircuitViews): CircuitView {
  if (source === "origin") return origin ?? well;
  if (source === "gemini") return gemini ?? well;
  return well;
}

function circuit({ state, sinceMs, reason, lastProbe }: CircuitView) {
  const since = sinceMs === null ? null : new Date(sinceMs).toISOString();
  const probe = lastProbe && {
    at: new Date(lastProbe.atMs).toISOString(),
    reason: lastProbe.reason,
  };
  return { state, since, reason, ...(probe !== undefined && { last_probe: probe }) };
}

function modeOf({ rankers, summarizers }: Pipeline): Status["mode"] {
  const sources = new Set<string>([...rankers, ...summarizers].map(({ source }) => source));
  if (sources.has("origin")) return sources.has("gemini") ? "hybrid" : "all-local";
  return sources.has("gemini") ? "all-gemini" : "lexical";
}
