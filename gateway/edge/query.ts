// What a ranking request asks of the pipeline, and who asks it.
import type { Context } from "hono";
import { fail, ok, type Result } from "../core/failure.ts";
import type { Prices } from "../core/price.ts";
import type { Caller, Pipeline, RankQuery } from "../pipeline.ts";
import { reportCacheFault } from "../telemetry.ts";
import type { Catalogs } from "../tenancy/catalogs.ts";
import { findCatalog } from "./catalogs.ts";
import type { Edge } from "./edge.ts";
import { openCallLog } from "./event.ts";
import type { Trouble } from "./problem.ts";
import type { RankRequest } from "./request-schema.ts";

/** The query of a valid request; its catalogue is looked up and its sources are checked here. */
export async function toQuery(
  c: Context<Edge>,
  request: Omit<RankRequest, "text"> & { readonly text?: string },
  pipeline: Pipeline,
  catalogs: Catalogs,
): Promise<Result<RankQuery, Trouble>> {
  const configured = pipeline.rankers.map(({ source }) => source);
  const { sources = configured } = request;
  if (!sources.some((source) => configured.includes(source))) {
    const errors = [{ pointer: "/sources", detail: "names no ranker that is configured" }];
    return fail({ kind: "invalid-request", errors });
  }
  const { text = "", top_k: topK, min_score: minScore, cache: mode } = request;
  const query = { text, topK, minScore, mode, sources };
  if (request.themes !== undefined) return ok({ ...query, themes: request.themes });
  const { tenant } = c.get("identity");
  const catalog = await findCatalog(catalogs, tenant, request.catalog ?? "");
  return catalog.ok ? ok({ ...query, themes: catalog.value.themes }) : catalog;
}

export function callerOf(c: Context<Edge>, prices: Prices, budgetMs: number): Caller {
  return {
    ...c.get("identity"),
    startedMs: c.get("startedMs"),
    budgetMs,
    calls: openCallLog(c, prices),
    defer: (work) => {
      c.get("deferred").push(work);
      c.executionCtx.waitUntil(work);
    },
    spend: (stage, ms) => c.get("event").spend(stage, ms),
    report: (fault) => {
      c.get("event").add("cache_faults", fault);
      reportCacheFault(fault, c.get("requestId"));
    },
  };
}
