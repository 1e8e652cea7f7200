// What is asked for the examples of the OpenAPI document, in this order.

export interface ExampleRequest {
  readonly operationId: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: object;
  readonly accept?: string;
}

const text =
  "The rent went up again, and after the bills there is nothing left of my pay. " +
  "I have not told my partner how much we owe. At night I lie awake and count.";

const themes = [
  "Money",
  { id: "sleep", label: "Sleep", description: "Rest, insomnia, dreams" },
  { id: "travel", label: "Travel", description: "Journeys and far places" },
];

const rerank = {
  model: "any",
  query: text,
  documents: ["Money", "Sleep: rest, insomnia, dreams", "Travel"],
};

export const exampleRequests: readonly ExampleRequest[] = [
  { operationId: "rank", method: "POST", path: "/v1/rank", body: { text, themes } },
  {
    operationId: "analyze",
    method: "POST",
    path: "/v1/analyze",
    body: { text, catalog: "life", top_k: 3 },
  },
  {
    operationId: "analyze",
    method: "POST",
    path: "/v1/analyze",
    body: { text, catalog: "life", top_k: 3 },
    accept: "text/event-stream",
  },
  {
    operationId: "rankBatch",
    method: "POST",
    path: "/v1/rank/batch",
    body: { texts: [text, "Two weeks by train, and not one letter from home."], themes, top_k: 1 },
  },
  { operationId: "rankThemes", method: "POST", path: "/rank-themes", body: { text, themes } },
  { operationId: "rerankV2", method: "POST", path: "/v2/rerank", body: { ...rerank, top_n: 2 } },
  { operationId: "rerankV1", method: "POST", path: "/v1/rerank", body: { ...rerank, top_n: 2 } },
  {
    operationId: "rerank",
    method: "POST",
    path: "/rerank",
    body: { query: text, texts: rerank.documents },
  },
  {
    operationId: "reranking",
    method: "POST",
    path: "/v1/reranking",
    body: { model: "any", query: text, input: rerank.documents, top_k: 2 },
  },
  {
    operationId: "classify",
    method: "POST",
    path: "/v1/classify",
    body: { model: "any", input: [text], labels: ["Money", "Sleep"] },
  },
  {
    operationId: "putCatalog",
    method: "PUT",
    path: "/v1/catalogs/support-tickets",
    body: { themes: ["Delivery", { id: "refund", label: "Refund", description: "Money back" }] },
  },
  { operationId: "getCatalog", method: "GET", path: "/v1/catalogs/support-tickets" },
  { operationId: "listCatalogs", method: "GET", path: "/v1/catalogs" },
  { operationId: "deleteCatalog", method: "DELETE", path: "/v1/catalogs/support-tickets" },
  { operationId: "health", method: "GET", path: "/healthz" },
  { operationId: "ready", method: "GET", path: "/readyz" },
  { operationId: "status", method: "GET", path: "/v1/status" },
  { operationId: "usage", method: "GET", path: "/v1/usage" },
];

/** What is sent to get a problem of each type that can be had by asking. */
export const problemRequests: readonly {
  readonly slug: string;
  /** `local`: the stack as it starts; `keyed`: with AUTH_MODE=required; `alone`: its origin is down. */
  readonly stack: "local" | "keyed" | "alone";
  readonly path: string;
  readonly init: RequestInit;
}[] = [
  { slug: "not-found", stack: "local", path: "/v1/rnk", init: {} },
  { slug: "method-not-allowed", stack: "local", path: "/v1/rank", init: {} },
  {
    slug: "unsupported-media-type",
    stack: "local",
    path: "/v1/rank",
    init: { method: "POST", body: "text" },
  },
  { slug: "invalid-json", stack: "local", path: "/v1/rank", init: post("{") },
  {
    slug: "invalid-request",
    stack: "local",
    path: "/v1/rank",
    init: post({ text: "", themes: ["Money", { label: "Sleep", weight: 2 }] }),
  },
  {
    slug: "unknown-catalog",
    stack: "local",
    path: "/v1/rank",
    init: post({ text, catalog: "lief" }),
  },
  {
    slug: "payload-too-large",
    stack: "local",
    path: "/v1/rank",
    init: post({ text: "x".repeat(600_000), catalog: "life" }),
  },
  {
    slug: "catalog-read-only",
    stack: "local",
    path: "/v1/catalogs/life",
    init: { ...post({ themes }), method: "PUT" },
  },
  { slug: "unauthorized", stack: "keyed", path: "/v1/rank", init: post({ text, themes }) },
  {
    slug: "ranking-unavailable",
    stack: "alone",
    path: "/v1/rank",
    init: post({ text, themes, sources: ["origin"] }),
  },
];

function post(body: object | string): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}
