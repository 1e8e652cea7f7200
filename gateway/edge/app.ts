// The routes: each reads its request, asks the pipeline and writes its answer.
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { cors } from "hono/cors";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import type { Config, ConfigComplaint } from "../config.ts";
import { fail, ok, type Result } from "../core/failure.ts";
import type { Clock } from "../core/ports.ts";
import { analyze, rank, type Caller, type Pipeline, type RankQuery } from "../pipeline.ts";
import {
  cacheStatus,
  rankFields,
  RequestEvent,
  serverTiming,
  summaryFields,
} from "../telemetry.ts";
import { catalogNamed } from "../tenancy/catalogs.ts";
import { toAnalyzeAnswer, toRankAnswer } from "./answer.ts";
import { boundedBody, jsonOnly, readBody } from "./body.ts";
import { fromRankThemes, toRankThemes } from "./dialects/rank-themes.ts";
import type { Edge } from "./edge.ts";
import { guard } from "./guard.ts";
import { documentHead, routes } from "./openapi.ts";
import { problem, type Trouble } from "./problem.ts";
import { newRequestId } from "./request-id.ts";
import { analyzeRequest, rankRequest, rankThemesRequest, type RankRequest } from "./schema.ts";
import { toStatus } from "./status.ts";

/** Budget of the older clients' route, which has no field for one. */
const defaultBudgetMs = 15_000;

export interface Service {
  readonly config: Config;
  readonly pipeline: Pipeline;
}

/**
 * The HTTP application.
 * @param service what serves, or the complaints about the settings that keep it from serving
 */
export function createApp(
  service: Result<Service, readonly ConfigComplaint[]>,
  clock: Clock,
  version: string,
): OpenAPIHono<Edge> {
  const app = new OpenAPIHono<Edge>();

  app.use(requestId({ generator: () => newRequestId(clock.nowMs()) }));
  app.use(async (c, next) => {
    c.set("startedMs", clock.nowMs());
    const event = new RequestEvent();
    c.set("event", event);
    await next();
    // Only a route of ours is named: what a stranger typed stays out of the log.
    const route = routes.find(({ path }) => path === c.req.path)?.path ?? null;
    const { status } = c.res;
    const durationMs = clock.nowMs() - c.get("startedMs");
    event.set({
      id: c.get("requestId"),
      method: c.req.method,
      route,
      status,
      duration_ms: durationMs,
    });
    event.write();
    if (c.req.method === "POST") c.header("Cache-Control", "no-store");
  });
  app.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'none'"] } }));
  app.notFound((c) => problem(c, { kind: "not-found" }));
  app.onError((error, c) => {
    // The kind of a defect helps to find it; its message may quote the request.
    c.get("event").set({ defect: error.name });
    return problem(c, { kind: "internal-error" });
  });

  app.get("/healthz", (c) => c.json({ status: "ok" }));

  if (service.ok) serve(app, service.value, clock, version);
  else {
    const complaints = service.failure;
    app.all("*", (c) => problem(c, { kind: "misconfigured", complaints }));
  }
  return app;
}

function serve(
  app: OpenAPIHono<Edge>,
  { config, pipeline }: Service,
  clock: Clock,
  version: string,
): void {
  if (config.CORS_ORIGINS.length > 0) {
    app.use(
      cors({
        origin: [...config.CORS_ORIGINS],
        exposeHeaders: ["X-Request-Id", "Server-Timing", "Cache-Status"],
      }),
    );
  }
  app.get("/readyz", (c) => c.json({ status: "ok" }));
  app.get("/v1/status", (c) => c.json(toStatus(config, pipeline, version)));

  let document: string | null = null;
  app.get("/openapi.json", (c) => {
    document ??= JSON.stringify(app.getOpenAPI31Document(documentHead(version)));
    return c.body(document, 200, { "Content-Type": "application/json" });
  });

  const ranking = [guard(config), jsonOnly, boundedBody] as const;

  app.post("/v1/rank", ...ranking, async (c) => {
    const request = await readBody(c, rankRequest);
    if (!request.ok) return problem(c, request.failure);
    const query = toQuery(request.value, pipeline);
    if (!query.ok) return problem(c, query.failure);
    const outcome = await rank(pipeline, query.value, callerOf(c, request.value.timeout_ms));
    if (!outcome.ok) return problem(c, { kind: "ranking-unavailable", failure: outcome.failure });
    const processingTimeMs = elapsed(c, clock);
    c.get("event").set(rankFields(outcome.value));
    c.header("Server-Timing", serverTiming(processingTimeMs, outcome.value));
    c.header("Cache-Status", cacheStatus(outcome.value));
    const { usage } = outcome.value;
    return c.json(
      toRankAnswer(outcome.value, { requestId: c.get("requestId"), usage, processingTimeMs }),
    );
  });

  app.post("/v1/analyze", ...ranking, async (c) => {
    const request = await readBody(c, analyzeRequest);
    if (!request.ok) return problem(c, request.failure);
    const query = toQuery(request.value, pipeline);
    if (!query.ok) return problem(c, query.failure);
    const { summary: wanted, evidence, timeout_ms: budgetMs } = request.value;
    const outcome = await analyze(
      pipeline,
      {
        ...query.value,
        maxThemes: wanted.max_themes,
        language: wanted.language ?? null,
        evidence,
      },
      callerOf(c, budgetMs),
    );
    if (!outcome.ok) return problem(c, { kind: "ranking-unavailable", failure: outcome.failure });
    const { ranking: ranked, summary, usage } = outcome.value;
    const processingTimeMs = elapsed(c, clock);
    c.get("event").set({ ...rankFields(ranked), ...summaryFields(summary) });
    c.header("Server-Timing", serverTiming(processingTimeMs, ranked, summary));
    c.header("Cache-Status", cacheStatus(ranked));
    return c.json(
      toAnalyzeAnswer(ranked, summary, { requestId: c.get("requestId"), usage, processingTimeMs }),
    );
  });

  app.post("/rank-themes", ...ranking, async (c) => {
    const request = await readBody(c, rankThemesRequest);
    if (!request.ok) return problem(c, request.failure);
    const query = fromRankThemes(request.value);
    const outcome = await rank(pipeline, query, callerOf(c, defaultBudgetMs));
    if (!outcome.ok) return problem(c, { kind: "ranking-unavailable", failure: outcome.failure });
    const processingTimeMs = elapsed(c, clock);
    c.get("event").set(rankFields(outcome.value));
    c.header("Server-Timing", serverTiming(processingTimeMs, outcome.value));
    c.header("Cache-Status", cacheStatus(outcome.value));
    return c.json(toRankThemes(outcome.value, processingTimeMs));
  });

  for (const route of routes) {
    app.openAPIRegistry.registerPath(route);
    const allow = route.method === "get" ? "GET, HEAD" : route.method.toUpperCase();
    app.all(route.path, (c) => problem(c, { kind: "method-not-allowed", allow }));
  }
  app.openAPIRegistry.registerComponent("securitySchemes", "key", {
    type: "http",
    scheme: "bearer",
    description: "An API key: tr_…",
  });
}

/** The query of a valid request; its catalogue is looked up and its sources are checked here. */
function toQuery(request: RankRequest, pipeline: Pipeline): Result<RankQuery, Trouble> {
  const configured = pipeline.rankers.map(({ source }) => source);
  const sources = request.sources ?? configured;
  if (!sources.some((source) => configured.includes(source))) {
    const errors = [{ pointer: "/sources", detail: "names no ranker that is configured" }];
    return fail({ kind: "invalid-request", errors });
  }
  const themes = request.themes ?? catalogNamed(request.catalog ?? "");
  if (themes === null) return fail({ kind: "unknown-catalog" });
  const { text, top_k: topK, min_score: minScore, cache: mode } = request;
  return ok({ text, themes, topK, minScore, mode, sources });
}

function callerOf(c: Context<Edge>, budgetMs: number): Caller {
  return {
    ...c.get("identity"),
    startedMs: c.get("startedMs"),
    budgetMs,
    defer: (work) => c.executionCtx.waitUntil(work),
  };
}

function elapsed(c: Context<Edge>, clock: Clock): number {
  return Math.max(0, Math.round(clock.nowMs() - c.get("startedMs")));
}
