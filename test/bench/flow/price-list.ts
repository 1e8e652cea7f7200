// List prices, each with its source and the day it was read. US dollars.

export interface Price {
  readonly usd: number;
  readonly per: string;
  readonly source: string;
}

/** Of the paid tier, per million tokens. */
export const gemini = {
  model: "gemini-3.5-flash-lite",
  input: 0.3,
  output: 2.5,
  source: "https://ai.google.dev/gemini-api/docs/pricing, read 2026-11-22",
} as const;

/** An hour of the machine that ranks. */
export const machines = {
  "own 4090": {
    usd: 0.135,
    per: "hour",
    source: "electricity alone: 0.45 kW at $0.30 a kWh, as gpu-origin/README.md",
  },
  "rented 4090": {
    usd: 0.29,
    per: "hour",
    source: "https://openrelay.inc/gpu-pricing-calculator, read 2026-09-20; others ask more",
  },
  "g5.xlarge (A10G)": {
    usd: 1.006,
    per: "hour",
    source: "on demand, us-east-1, factualminds.com, 2026-06-17",
  },
} as const satisfies Record<string, Price>;

/** Cloudflare beyond what its paid plan includes, per million. */
export const cloudflare = {
  request: {
    usd: 0.3,
    per: "million requests",
    source: "https://developers.cloudflare.com/workflows/reference/pricing/, as Workers Standard",
  },
  cpu: {
    usd: 0.02,
    per: "million ms of CPU",
    source: "https://developers.cloudflare.com/workflows/reference/pricing/, as Workers Standard",
  },
  kvRead: {
    usd: 0.5,
    per: "million reads, empty ones too",
    source: "https://developers.cloudflare.com/kv/platform/pricing/",
  },
  kvWrite: {
    usd: 5,
    per: "million writes",
    source: "https://developers.cloudflare.com/kv/platform/pricing/",
  },
  durableObject: {
    usd: 0.15,
    per: "million requests",
    source: "https://developers.cloudflare.com/durable-objects/platform/pricing",
  },
  row: {
    usd: 0.25,
    per: "million rows of Analytics Engine",
    source: "https://developers.cloudflare.com/analytics/analytics-engine/pricing",
  },
} as const satisfies Record<string, Price>;

/**
 * How a reranker counts one query with its documents: by the search (100 documents at most), the query
 * once for each document, or not said.
 */
export type RerankRule = "search" | "query each time" | "not said";

export interface Reranker {
  readonly name: string;
  readonly rule: RerankRule;
  /** Per 1,000 searches, or per million tokens; null = no price was found. */
  readonly usd: number | null;
  readonly source: string;
}

const cohere4 =
  "https://developer.puter.com/tutorials/cohere-api-pricing/ (June 2026); cohere.com states no price per search";
const cohere5 =
  "https://www.getmaxim.ai/bifrost/llm-cost-calculator/provider/cohere/model/rerank-v5.0-fast.md; OpenRouter's page of it agrees";
const voyage =
  "https://www.getmaxim.ai/bifrost/model-library/provider/voyage; rule: https://www.mongodb.com/docs/vector-search/query/native-reranking/billing/";

export const rerankers: readonly Reranker[] = [
  { name: "Cohere Rerank 4 Fast", rule: "search", usd: 2, source: cohere4 },
  { name: "Cohere Rerank 4 Pro", rule: "search", usd: 2.5, source: cohere4 },
  { name: "Cohere Rerank 5 Fast", rule: "not said", usd: 0.02, source: cohere5 },
  {
    name: "Cohere Rerank 5 Pro",
    rule: "not said",
    usd: 0.05,
    source: cohere5.replace("fast", "pro"),
  },
  { name: "Voyage rerank-2.5", rule: "query each time", usd: 0.05, source: voyage },
  { name: "Voyage rerank-2.5-lite", rule: "query each time", usd: 0.02, source: voyage },
  {
    name: "Mixedbread mxbai-rerank v2",
    rule: "not said",
    usd: 0.15,
    source: "https://www.mixedbread.com/docs/reranking/models/mxbai-rerank-large-v2",
  },
  {
    name: "Jina reranker",
    rule: "not said",
    usd: null,
    source:
      "sold by the token (https://jina.ai/contact-sales); no price was found where it can be read",
  },
];
