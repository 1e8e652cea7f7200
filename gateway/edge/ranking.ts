// The routes that rank: each reads its request, asks the pipeline and writes its answer.
import { z, type OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Config } from "../config.ts";
import { ok, type Result } from "../core/failure.ts";
import type { Clock, Progress } from "../core/ports.ts";
import { analyze, rank, rankAll, rankForSummary, summarize, type Pipeline } from "../pipeline.ts";
import type { Accounts } from "../tenancy/account.ts";
import type { Catalogs } from "../tenancy/catalogs.ts";
import { toAnalyzeAnswer, toRankAnswer } from "./answer.ts";
import { batchRequest, toBatchAnswer, usageOf } from "./batch.ts";
import { boundedBody, jsonOnly, readBody } from "./body.ts";
import { callerOf, toQuery } from "./query.ts";
import { fromRankThemes, toRankThemes } from "./dialects/rank-themes.ts";
import { dialectRoutes } from "./dialects/routes.ts";
import type { Edge } from "./edge.ts";
import { guard, type Access } from "./guard.ts";
import { problem, type Trouble } from "./problem.ts";
import { analyzeRequest, rankRequest, rankThemesRequest } from "./request-schema.ts";
import { departureOf, streamSummary, wantsEvents } from "./stream.ts";
import { tell, tellAll, unranked } from "./tell.ts";

/** Budget of the routes of other clients, which have no field for one. */
const defaultBudgetMs = 15_000;

/** What ranks, for whom, and at what price. */
export interface RankingService {
  readonly config: Config;
  readonly pipeline: Pipeline;
  readonly access: Access;
  /** What tenants spend and ask; null = nobody counts. */
  readonly accounts: Accounts | null;
  readonly catalogs: Catalogs;
}

export function serveRankings(
  app: OpenAPIHono<Edge>,
  { config, pipeline, access, accounts, catalogs }: RankingService,
  clock: Clock,
): void {
  const prices = { models: config.PRICES, originHourlyUsd: config.ORIGIN_HOURLY_USD };

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
    const outcome = await rank(pipeline, query.value, callerOf(c, prices, request.timeout_ms));
    if (!outcome.ok) return unranked(c, outcome.failure);
    const { usage } = outcome.value;
    return ok(toRankAnswer(outcome.value, { ...tell(c, clock, outcome.value), usage }));
  });

  ranking("/v1/analyze", analyzeRequest, async (c, request) => {
    const query = await toQuery(c, request, pipeline, catalogs);
    if (!query.ok) return query;
    const { max_themes: maxThemes, language = null } = request.summary;
    const wanted = { ...query.value, maxThemes, language, evidence: request.evidence };
    const caller = callerOf(c, prices, request.timeout_ms);
    if (wantsEvents(c)) {
      const left = departureOf(c);
      const reader = { ...caller, left: left.signal };
      const outcome = await rankForSummary(pipeline, wanted, reader);
      if (!outcome.ok) return unranked(c, outcome.failure);
      const { themes, usage } = outcome.value;
      const first = toRankAnswer(outcome.value, { ...tell(c, clock, outcome.value), usage });
      const write = (progress: Progress) => summarize(pipeline, wanted, themes, reader, progress);
      return ok(streamSummary(c, left, outcome.value, first, write, reader));
    }
    const outcome = await analyze(pipeline, wanted, caller);
    if (!outcome.ok) return unranked(c, outcome.failure);
    const { ranking: ranked, summary, usage } = outcome.value;
    return ok(toAnalyzeAnswer(ranked, summary, { ...tell(c, clock, ranked, summary), usage }));
  });

  ranking("/rank-themes", rankThemesRequest, async (c, request) => {
    const outcome = await rank(
      pipeline,
      fromRankThemes(request),
      callerOf(c, prices, defaultBudgetMs),
    );
    if (!outcome.ok) return unranked(c, outcome.failure);
    return ok(toRankThemes(outcome.value, tell(c, clock, outcome.value).processingTimeMs));
  });

  ranking("/v1/rank/batch", batchRequest, async (c, request) => {
    const query = await toQuery(c, request, pipeline, catalogs);
    if (!query.ok) return query;
    const queries = request.texts.map((text) => ({ ...query.value, text }));
    const results = await rankAll(pipeline, queries, () => callerOf(c, prices, request.timeout_ms));
    const { requestId: id, processingTimeMs } = tellAll(c, clock, results);
    return ok(toBatchAnswer(results, id, processingTimeMs));
  });

  for (const { path, choose } of dialectRoutes) {
    ranking(path, z.unknown(), async (c, body) => {
      const asked = choose(body, c.req.header("x-fern-sdk-name")).read(body);
      if (!asked.ok) return asked;
      const { queries, answer } = asked.value;
      const results = await rankAll(pipeline, queries, () => callerOf(c, prices, defaultBudgetMs));
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
}
