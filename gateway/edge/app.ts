// The routes: each reads its request, asks the pipeline and writes its answer.
import { OpenAPIHono, type z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { cors } from "hono/cors";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import type { Config, ConfigComplaint } from "../config.ts";
import { CallLog } from "../core/call-log.ts";
import type { CircuitViews } from "../core/circuit.ts";
import { fail, ok, type Result } from "../core/failure.ts";
import type { RankFailure, RankOutcome, SummaryOutcome } from "../core/outcome.ts";
import type { Clock, Progress } from "../core/ports.ts";
import {
  analyze,
  rank,
  rankForSummary,
  summarize,
  type Caller,
  type Pipeline,
  type RankQuery,
} from "../pipeline.ts";
import {
  cacheStatus,
  failureFields,
  rankFields,
  reportCacheFault,
  RequestEvent,
  serverTiming,
  summaryFields,
} from "../telemetry.ts";
import type { Accounts } from "../tenancy/account.ts";
import { catalogNamed } from "../tenancy/catalogs.ts";
import { toAnalyzeAnswer, toRankAnswer } from "./answer.ts";
import { boundedBody, jsonOnly, readBody } from "./body.ts";
import { fromRankThemes, toRankThemes } from "./dialects/rank-themes.ts";
import type { Edge } from "./edge.ts";
import { guard, type Access } from "./guard.ts";
import { documentHead, routes } from "./openapi.ts";
import { problem, type Trouble } from "./problem.ts";
import { newRequestId } from "./request-id.ts";
import {
  analyzeRequest,
  rankRequest,
  rankThemesRequest,
  type RankRequest,
} from "./request-schema.ts";
import { toStatus } from "./status.ts";
import { departureOf, streamSummary, wantsEvents } from "./stream.ts";
import { toUsage } from "./usage.ts";

/** Nothing is loaded, framed or sent anywhere; default-src does not speak for the last three. */
const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/** Budget of the older clients' route, which has no field for one. */
const defaultBudgetMs = 15_000;

export interface Service {
  readonly config: Config;
  readonly pipeline: Pipeline;
  /** What is known now of the upstreams that are configured. */
  readonly circuits: () => CircuitViews;
  readonly access: Access;
  /** What tenants spend and ask; null = nobody counts. */
  readonly accounts: Accounts | null;
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
    c.set("clock", clock);
    const event = new RequestEvent();
    c.set("event", event);
    c.set("deferred", []);
    await next();
    // Only a route of ours is named: what a stranger typed stays out of the log.
    const route = methods.has(c.req.path) ? c.req.path : null;
    const { status } = c.res;
    const durationMs = clock.nowMs() - c.get("startedMs");
    event.set({
      id: c.get("requestId"),
      method: c.req.method,
      route,
      status,
      duration_ms: durationMs,
    });
    // A write to KV that fails after the answer belongs to the event; each has its own time limit.
    const deferred = c.get("deferred");
    const write = () => event.write();
    if (deferred.length === 0) write();
    else c.executionCtx.waitUntil(Promise.allSettled(deferred).then(write));
    if (c.req.method === "POST") c.header("Cache-Control", "no-store");
  });
  app.use(secureHeaders({ contentSecurityPolicy, xFrameOptions: "DENY" }));
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
  { config, pipeline, circuits, access, accounts }: Service,
  clock: Clock,
  version: string,
): void {
  if (config.CORS_ORIGINS.length > 0) {
    app.use(
      cors({
        origin: [...config.CORS_ORIGINS],
        allowMethods: ["GET", "HEAD", "POST", "PUT", "DELETE"],
        allowHeaders: ["Authorization", "Content-Type", "X-Request-Id"],
        exposeHeaders: [
          "X-Request-Id",
          "Server-Timing",
          "Cache-Status",
          "RateLimit-Policy",
          "Retry-After",
        ],
        maxAge: 600,
      }),
    );
  }
  app.get("/readyz", (c) => c.json({ status: "ok" }));
  app.get("/v1/status", (c) => c.json(toStatus(config, pipeline, circuits(), version)));

  app.get("/v1/usage", guard(access), async (c) => {
    c.header("Cache-Control", "no-store");
    return c.json(await toUsage(accounts, c.get("identity").tenant, clock.nowMs()));
  });

  let document: string | null = null;
  app.get("/openapi.json", (c) => {
    document ??= JSON.stringify(app.getOpenAPI31Document(documentHead(version)));
    return c.body(document, 200, { "Content-Type": "application/json" });
  });

  /** A route that ranks: reads, asks and tells, whatever the shapes. */
  const ranking = <S extends z.ZodType>(
    path: string,
    schema: S,
    handle: (c: Context<Edge>, body: z.output<S>) => Promise<Result<object | Response, Trouble>>,
  ) => {
    app.post(path, guard(access), jsonOnly, boundedBody, async (c) => {
      const { tenant } = c.get("identity");
      const defer = (work: Promise<void>) => c.executionCtx.waitUntil(work);
      c.set("count", (cached) => accounts?.count(tenant, cached, defer));
      const body = await readBody(c, schema);
      const answer = body.ok ? await handle(c, body.value) : body;
      if (!answer.ok) return problem(c, answer.failure);
      return answer.value instanceof Response ? answer.value : c.json(answer.value);
    });
  };

  ranking("/v1/rank", rankRequest, async (c, request) => {
    const query = toQuery(request, pipeline);
    if (!query.ok) return query;
    const outcome = await rank(pipeline, query.value, callerOf(c, request.timeout_ms));
    if (!outcome.ok) return unranked(c, outcome.failure);
    const { usage } = outcome.value;
    return ok(toRankAnswer(outcome.value, { ...tell(c, clock, outcome.value), usage }));
  });

  ranking("/v1/analyze", analyzeRequest, async (c, request) => {
    const query = toQuery(request, pipeline);
    if (!query.ok) return query;
    const { max_themes: maxThemes, language = null } = request.summary;
    const wanted = { ...query.value, maxThemes, language, evidence: request.evidence };
    const caller = callerOf(c, request.timeout_ms);
    if (wantsEvents(c)) {
      const left = departureOf(c);
      const reader = { ...caller, left: left.signal };
      const outcome = await rankForSummary(pipeline, wanted, reader);
      if (!outcome.ok) return unranked(c, outcome.failure);
      const { themes, usage } = outcome.value;
      const first = toRankAnswer(outcome.value, { ...tell(c, clock, outcome.value), usage });
      const write = (progress: Progress) => summarize(pipeline, wanted, themes, reader, progress);
      return ok(streamSummary(c, left, outcome.value, first, write));
    }
    const outcome = await analyze(pipeline, wanted, caller);
    if (!outcome.ok) return unranked(c, outcome.failure);
    const { ranking: ranked, summary, usage } = outcome.value;
    return ok(toAnalyzeAnswer(ranked, summary, { ...tell(c, clock, ranked, summary), usage }));
  });

  ranking("/rank-themes", rankThemesRequest, async (c, request) => {
    const outcome = await rank(pipeline, fromRankThemes(request), callerOf(c, defaultBudgetMs));
    if (!outcome.ok) return unranked(c, outcome.failure);
    return ok(toRankThemes(outcome.value, tell(c, clock, outcome.value).processingTimeMs));
  });

  for (const route of routes) app.openAPIRegistry.registerPath(route);
  app.openAPIRegistry.registerComponent("securitySchemes", "key", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "tr_…",
    description: "An API key of the deployment. A deployment for local work asks for none.",
  });
  for (const [path, allow] of methods) {
    app.all(path, (c) => problem(c, { kind: "method-not-allowed", allow }));
  }
}

/** Every route and the methods it answers; the document does not describe itself. */
const methods = new Map([
  ...routes.map(({ path, method }) => [path, method === "get" ? "GET, HEAD" : "POST"] as const),
  ["/openapi.json", "GET, HEAD"] as const,
]);

/** Writes an outcome into event and headers; what the answer itself says of the request. */
function tell(c: Context<Edge>, clock: Clock, ranking: RankOutcome, summary?: SummaryOutcome) {
  const processingTimeMs = Math.max(0, Math.round(clock.nowMs() - c.get("startedMs")));
  c.get("count")?.(ranking.cache.status === "hit");
  c.get("event").set({ ...rankFields(ranking), ...(summary && summaryFields(summary)) });
  c.header("Server-Timing", serverTiming(processingTimeMs, ranking, summary));
  c.header("Cache-Status", cacheStatus(ranking));
  return { requestId: c.get("requestId"), processingTimeMs };
}

function unranked(c: Context<Edge>, failure: RankFailure): Result<never, Trouble> {
  c.get("count")?.(false);
  c.get("event").set(failureFields(failure));
  return fail({ kind: "ranking-unavailable", failure });
}

/** The query of a valid request; its catalogue is looked up and its sources are checked here. */
function toQuery(request: RankRequest, pipeline: Pipeline): Result<RankQuery, Trouble> {
  const configured = pipeline.rankers.map(({ source }) => source);
  const { sources = configured } = request;
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
    calls: new CallLog(),
    defer: (work) => {
      c.get("deferred").push(work);
      c.executionCtx.waitUntil(work);
    },
    report: (fault) => {
      c.get("event").add("cache_faults", fault);
      reportCacheFault(fault, c.get("requestId"));
    },
  };
}
