// The routes: each reads its request, asks the pipeline and writes its answer.
import { OpenAPIHono, z } from "@hono/zod-openapi";
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
  rankAll,
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
  serverTiming,
  summaryFields,
} from "../telemetry.ts";
import type { Accounts } from "../tenancy/account.ts";
import type { Catalogs } from "../tenancy/catalogs.ts";
import { toAnalyzeAnswer, toRankAnswer } from "./answer.ts";
import {
  batchCacheStatus,
  batchFields,
  batchRequest,
  toBatchAnswer,
  usageOf,
  type RankResult,
} from "./batch.ts";
import { boundedBody, jsonOnly, readBody } from "./body.ts";
import { findCatalog, serveCatalogs } from "./catalogs.ts";
import { fromRankThemes, toRankThemes } from "./dialects/rank-themes.ts";
import { dialectRoutes } from "./dialects/routes.ts";
import type { Edge } from "./edge.ts";
import { requestEvent } from "./event.ts";
import { guard, type Access } from "./guard.ts";
import { methods, pattern, routeOf } from "./methods.ts";
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

/** What the vendors' own clients say of themselves, in a browser too. */
const clientHeaders = [
  "X-Client-Name",
  ...["Language", "Platform", "Runtime", "Runtime-Version", "SDK-Name", "SDK-Version"].map(
    (name) => `X-Fern-${name}`,
  ),
  ...["Arch", "Lang", "OS", "Package-Version", "Retry-Count", "Runtime", "Runtime-Version"].map(
    (name) => `X-Stainless-${name}`,
  ),
];

/** Budget of the routes of other clients, which have no field for one. */
const defaultBudgetMs = 15_000;

export interface Service {
  readonly config: Config;
  readonly pipeline: Pipeline;
  /** What is known now of the upstreams that are configured. */
  readonly circuits: () => CircuitViews;
  readonly access: Access;
  /** What tenants spend and ask; null = nobody counts. */
  readonly accounts: Accounts | null;
  readonly catalogs: Catalogs;
  /** Cloudflare's id of the version that runs; null where it is not bound. */
  readonly deployment: string | null;
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
  app.use(requestEvent(clock, routeOf));
  app.use(async (c, next) => {
    await next();
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
  { config, pipeline, circuits, access, accounts, catalogs, deployment }: Service,
  clock: Clock,
  version: string,
): void {
  if (config.CORS_ORIGINS.length > 0) {
    app.use(
      cors({
        origin: [...config.CORS_ORIGINS],
        allowMethods: ["GET", "HEAD", "POST", "PUT", "DELETE"],
        allowHeaders: ["Authorization", "Content-Type", "X-Request-Id", ...clientHeaders],
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
  app.get("/v1/status", (c) =>
    c.json(toStatus(config, pipeline, circuits(), { version, deployment })),
  );

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
    const query = await toQuery(c, request, pipeline, catalogs);
    if (!query.ok) return query;
    const outcome = await rank(pipeline, query.value, callerOf(c, request.timeout_ms));
    if (!outcome.ok) return unranked(c, outcome.failure);
    const { usage } = outcome.value;
    return ok(toRankAnswer(outcome.value, { ...tell(c, clock, outcome.value), usage }));
  });

  ranking("/v1/analyze", analyzeRequest, async (c, request) => {
    const query = await toQuery(c, request, pipeline, catalogs);
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

  ranking("/v1/rank/batch", batchRequest, async (c, request) => {
    const query = await toQuery(c, request, pipeline, catalogs);
    if (!query.ok) return query;
    const queries = request.texts.map((text) => ({ ...query.value, text }));
    const results = await rankAll(pipeline, queries, () => callerOf(c, request.timeout_ms));
    const { requestId: id, processingTimeMs } = tellAll(c, clock, results);
    return ok(toBatchAnswer(results, id, processingTimeMs));
  });

  for (const { path, choose } of dialectRoutes) {
    ranking(path, z.unknown(), async (c, body) => {
      const asked = choose(body, c.req.header("x-fern-sdk-name")).read(body);
      if (!asked.ok) return asked;
      const { queries, answer } = asked.value;
      const results = await rankAll(pipeline, queries, () => callerOf(c, defaultBudgetMs));
      const failed = results.find((result) => !result.ok);
      if (failed !== undefined) return unranked(c, failed.failure);
      const receipt = { ...tellAll(c, clock, results), usage: usageOf(results) };
      return ok(
        answer(
          results.flatMap((result) => (result.ok ? [result.value] : [])),
          receipt,
        ),
      );
    });
  }

  serveCatalogs(app, access, catalogs);

  for (const route of routes) app.openAPIRegistry.registerPath(route);
  app.openAPIRegistry.registerComponent("securitySchemes", "key", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "tr_…",
    description: "An API key of the deployment. A deployment for local work asks for none.",
  });
  for (const [path, allow] of methods) {
    app.all(pattern(path), (c) => problem(c, { kind: "method-not-allowed", allow }));
  }
}

/** Writes an outcome into event and headers; what the answer itself says of the request. */
function tell(c: Context<Edge>, clock: Clock, ranking: RankOutcome, summary?: SummaryOutcome) {
  const processingTimeMs = Math.max(0, Math.round(clock.nowMs() - c.get("startedMs")));
  c.get("count")?.(ranking.cache.status === "hit");
  c.get("event").set({ ...rankFields(ranking), ...(summary && summaryFields(summary)) });
  c.header("Server-Timing", serverTiming(processingTimeMs, ranking, summary));
  c.header("Cache-Status", cacheStatus(ranking));
  return { requestId: c.get("requestId"), processingTimeMs };
}

/** The same of several rankings; each is counted. */
function tellAll(c: Context<Edge>, clock: Clock, results: readonly RankResult[]) {
  const [first] = results;
  if (results.length === 1 && first?.ok === true) return tell(c, clock, first.value);
  const processingTimeMs = Math.max(0, Math.round(clock.nowMs() - c.get("startedMs")));
  for (const result of results) c.get("count")?.(result.ok && result.value.cache.status === "hit");
  c.get("event").set(batchFields(results));
  c.header("Server-Timing", `total;dur=${processingTimeMs}`);
  c.header("Cache-Status", batchCacheStatus(results));
  return { requestId: c.get("requestId"), processingTimeMs };
}

function unranked(c: Context<Edge>, failure: RankFailure): Result<never, Trouble> {
  c.get("count")?.(false);
  c.get("event").set(failureFields(failure));
  return fail({ kind: "ranking-unavailable", failure });
}

/** The query of a valid request; its catalogue is looked up and its sources are checked here. */
async function toQuery(
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
