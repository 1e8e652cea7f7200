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
    "/rank-themes",
    "rankThemes",
    "Rank themes (older clients)",
    rankThemesRequest,
    rankThemesAnswer,
    "Whole scores in the order of the themes. Unknown fields are ignored.",
  ),
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
  if (route.path === "/v1/rank" || route.path === "/v1/analyze") {
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
      { name: "Service", description: "Health and state." },
    ],
  };
}
