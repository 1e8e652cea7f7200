// The routes as OpenAPI 3.1 describes them, from the schemas that validate.
import { createRoute, z, type RouteConfig } from "@hono/zod-openapi";
import {
  analyzeAnswer,
  analyzeEvent,
  healthAnswer,
  problemAnswer,
  rankAnswer,
  rankThemesAnswer,
  statusAnswer,
  usageAnswer,
} from "./answer-schema.ts";
import { batchAnswer, batchRequest } from "./batch.ts";
import { catalogAnswer, catalogRequest, catalogsAnswer } from "./catalog-schema.ts";
import { dialectRoutes, type DialectRoute } from "./dialects/routes.ts";
import { analyzeRequest, rankRequest, rankThemesRequest } from "./request-schema.ts";

const json = (schema: z.ZodType) => ({ "application/json": { schema } });
const problemResponse = (description: string, retry = false) => ({
  description,
  headers: {
    "X-Request-Id": { schema: { type: "string" as const }, description: "Names the request." },
    ...(retry && {
      "Retry-After": { schema: { type: "integer" as const }, description: "Seconds, at least 1." },
    }),
  },
  content: { "application/problem+json": { schema: problemAnswer } },
});

const postProblems = {
  400: problemResponse("The body is empty, not UTF-8 or not JSON."),
  401: problemResponse("No valid API key."),
  403: problemResponse("The API key lacks the scope that the route asks for."),
  405: problemResponse("Another method than the route's own."),
  408: problemResponse("The body did not arrive in time."),
  413: problemResponse("The body is over 512 KiB."),
  415: problemResponse("The body is not plain application/json."),
  422: problemResponse("JSON, but not a valid request: `errors` points at each field."),
  429: problemResponse("The API key has spent its requests of this period.", true),
  500: problemResponse("A defect of this service."),
  503: problemResponse(
    "No accepted ranker answered, the key could not be looked up, or the deployment is misconfigured.",
    true,
  ),
  504: problemResponse("The request's budget ran out before a ranker answered."),
};

function post(
  path: string,
  operationId: string,
  summary: string,
  request: z.ZodType,
  answer: z.ZodType,
  description: string,
): RouteConfig {
  return createRoute({
    method: "post",
    path,
    operationId,
    summary,
    description,
    tags: ["Ranking"],
    security: [{ key: [] }],
    request: { body: { content: json(request), required: true } },
    responses: { 200: { description: "The answer.", content: json(answer) }, ...postProblems },
  });
}

function get(path: string, operationId: string, summary: string, answer: z.ZodType): RouteConfig {
  return createRoute({
    method: "get",
    path,
    operationId,
    summary,
    tags: ["Service"],
    security: [],
    responses: {
      200: { description: "The answer.", content: json(answer) },
      405: problemResponse("Another method than the route's own."),
      503: problemResponse("The deployment is misconfigured; the detail names the settings.", true),
    },
  });
}

/** What the tenant of the key has asked and spent today. */
function usage(): RouteConfig {
  const route = get("/v1/usage", "usage", "Requests and paid calls of today", usageAnswer);
  const description =
    "Of the tenant that the key belongs to. Isolates tell their counts now and then: the last seconds may be missing.";
  const responses = {
    ...route.responses,
    401: problemResponse("No valid API key."),
    500: problemResponse("A defect of this service."),
  };
  return { ...route, description, security: [{ key: [] }], responses };
}

const anyOf = (schemas: readonly z.ZodType[]): z.ZodType =>
  schemas.length > 1 ? z.union(schemas) : (schemas[0] ?? z.never());

function rerank({ path, operationId, summary, dialects }: DialectRoute): RouteConfig {
  const route = post(
    path,
    operationId,
    summary,
    anyOf(dialects.map(({ request }) => request)),
    anyOf(dialects.map(({ answer }) => answer)),
    "For clients that speak it already: the query is the text, each document a theme, scores lie in " +
      "0-1 and put documents in order. Errors also carry `message`.",
  );
  return { ...route, tags: ["Other clients"] };
}

const catalogProblems = {
  401: postProblems[401],
  403: postProblems[403],
  405: postProblems[405],
  429: postProblems[429],
  500: postProblems[500],
  503: problemResponse("The catalogs, or the key, could not be read or written.", true),
};
const noCatalog = { 404: problemResponse("There is no catalog of the given name.") };
const readOnly = { 409: problemResponse("The catalog is built in, or there are too many.") };
const catalogPath = "/v1/catalogs/{name}";
const catalogName = {
  params: z.object({
    name: z.string().openapi({
      param: { name: "name", in: "path" },
      pattern: "^[a-z0-9][a-z0-9_-]{0,63}$",
      example: "support-tickets",
    }),
  }),
};
const catalogHead = { tags: ["Catalogs"], security: [{ key: [] }] };
const catalogIs = (schema: z.ZodType) => ({
  200: { description: "The answer.", content: json(schema) },
});

const catalogRoutes: readonly RouteConfig[] = [
  createRoute({
    ...catalogHead,
    method: "get",
    path: "/v1/catalogs",
    operationId: "listCatalogs",
    summary: "The catalogs that a request may name",
    description: "The built-in ones, then the tenant's own. A write may take a minute to be seen.",
    responses: { ...catalogIs(catalogsAnswer), ...catalogProblems },
  }),
  createRoute({
    ...catalogHead,
    method: "get",
    path: catalogPath,
    operationId: "getCatalog",
    summary: "A catalog with its themes",
    request: catalogName,
    responses: { ...catalogIs(catalogAnswer), ...catalogProblems, ...noCatalog },
  }),
  createRoute({
    ...catalogHead,
    method: "put",
    path: catalogPath,
    operationId: "putCatalog",
    summary: "Write a catalog",
    description:
      "Whole, over what was there; asks for the scope `admin`. What the cache knows of themes that stay is served on.",
    request: { ...catalogName, body: { content: json(catalogRequest), required: true } },
    responses: {
      ...catalogIs(catalogAnswer),
      ...postProblems,
      503: catalogProblems[503],
      ...readOnly,
    },
  }),
  createRoute({
    ...catalogHead,
    method: "delete",
    path: catalogPath,
    operationId: "deleteCatalog",
    summary: "Delete a catalog",
    description: "Asks for the scope `admin`. One that is not there is deleted already.",
    request: catalogName,
    responses: {
      204: { description: "It is gone." },
      ...catalogProblems,
      404: problemResponse("No catalog can have this name."),
      ...readOnly,
    },
  }),
];

export const routes: readonly RouteConfig[] = [
  post(
    "/v1/rank",
    "rank",
    "Rank themes",
    rankRequest,
    rankAnswer,
    "Scores every theme of the catalogue 0-100 by relevance to the text. A 404 names an unknown catalog.",
  ),
  post(
    "/v1/analyze",
    "analyze",
    "Rank themes and summarise",
    analyzeRequest,
    analyzeAnswer,
    "The ranking, and a summary around its first themes. A summary that cannot be had does not fail the request.",
  ),
  post(
    "/v1/rank/batch",
    "rankBatch",
    "Rank themes for several texts",
    batchRequest,
    batchAnswer,
    "Each text as /v1/rank would, within one budget; a text that cannot be ranked has its problem in place of its answer.",
  ),
  post(
    "/rank-themes",
    "rankThemes",
    "Rank themes (older clients)",
    rankThemesRequest,
    rankThemesAnswer,
    "Whole scores in the order of the themes. Unknown fields are ignored.",
  ),
  ...dialectRoutes.map(rerank),
  ...catalogRoutes,
  get("/healthz", "health", "Whether the gateway is alive", healthAnswer),
  get("/readyz", "ready", "Whether the configuration can serve", healthAnswer),
  get("/v1/status", "status", "Rankers and summarizers, as this isolate knows them", statusAnswer),
  usage(),
];

for (const route of routes) {
  if (route.path === "/v1/analyze") {
    const description =
      "The answer; as a stream of events where `Accept` names text/event-stream, the ranking first.";
    const streamed = { "text/event-stream": { schema: analyzeEvent } };
    route.responses[200] = { description, content: { ...json(analyzeAnswer), ...streamed } };
  }
  if (["/v1/rank", "/v1/analyze", "/v1/rank/batch"].includes(route.path)) {
    route.responses[404] = problemResponse("There is no catalog of the given name.");
  }
}

/** The document's head. */
export function documentHead(version: string) {
  return {
    openapi: "3.1.0",
    info: {
      title: "themerank",
      version,
      description:
        "Ranks the themes of a catalogue by relevance to a text and summarises the text around the top ones.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: [
      { name: "Ranking", description: "Texts in, ranked themes out." },
      { name: "Other clients", description: "Routes that other vendors' clients speak." },
      { name: "Catalogs", description: "Themes kept under a name, for each tenant." },
      { name: "Service", description: "Health and state." },
    ],
  };
}
