// A request's event as a row of Analytics Engine: its columns have numbers, and this is what they mean.
import type { RequestRecord } from "./request-record.ts";

type Text = (record: RequestRecord) => string | null | undefined;
type Figure = (record: RequestRecord) => number | null | undefined;

const classes: Text = ({ calls }) =>
  calls?.map(({ source, reason }) => `${source}:${reason ?? "ok"}`).join(",");

/** blob1, blob2, …: at most 20. A column's place never changes; new ones go to the end. */
export const blobs = {
  id: ({ id }) => id,
  route: ({ route }) => route,
  tenant: ({ tenant }) => tenant,
  key: ({ key }) => key,
  source: ({ source }) => source,
  reason: ({ reason }) => reason,
  cache: ({ cache }) => cache,
  model: ({ model }) => model,
  ranker_version: (record) => record.ranker_version,
  breaker: ({ breaker }) => breaker,
  problem: ({ problem }) => problem,
  colo: ({ colo }) => colo,
  release: ({ release }) => release,
  /** `origin:origin_timeout,gemini:ok`: each upstream call and what came of it. */
  calls: classes,
  summary_source: (record) => record.summary_source,
  summary_reason: (record) => record.summary_reason,
  summary_cache: (record) => record.summary_cache,
  cache_faults: (record) => record.cache_faults?.join(","),
  gemini_breaker: (record) => record.gemini_breaker,
} satisfies Record<string, Text>;

/** double1, double2, …: at most 20. What is not known is 0, and `cost_known` and `saved_known` say so. */
export const doubles = {
  status: ({ status }) => status,
  duration_ms: (record) => record.duration_ms,
  cache_ms: ({ stages }) => stages?.["cache"],
  origin_ms: ({ stages }) => stages?.["origin"],
  gemini_ms: ({ stages }) => stages?.["gemini"],
  /** Attempts at it; their looks into the cache are part of them. */
  summary_ms: ({ stages }) =>
    sum(stages, (name) => name.startsWith("summary-") && name !== "summary-cache"),
  themes: ({ themes }) => themes,
  known: ({ known }) => known,
  ranked: ({ ranked }) => ranked,
  degraded: ({ degraded }) => Number(degraded ?? false),
  upstream_calls: ({ calls }) => calls?.length,
  prompt_tokens: (record) => record.prompt_tokens,
  completion_tokens: (record) => record.completion_tokens,
  cost_usd: (record) => record.cost_usd,
  cost_known: (record) => Number(record.cost_usd !== null),
  saved_usd: (record) => record.saved_usd,
  saved_known: (record) => Number(record.saved_usd !== null),
  failed_calls: ({ calls }) => calls?.filter(({ reason }) => reason !== null).length,
} satisfies Record<string, Figure>;

/** A name longer than this is cut: all blobs of a row may take 16 kB together. */
const maxBlobChars = 256;

/** @returns the row; rows of a tenant are sampled together, by the index */
export function toDataPoint(record: RequestRecord): {
  indexes: [string];
  blobs: string[];
  doubles: number[];
} {
  return {
    indexes: [record.tenant ?? "none"],
    blobs: Object.values<Text>(blobs).map((read) => (read(record) ?? "").slice(0, maxBlobChars)),
    doubles: Object.values<Figure>(doubles).map((read) => read(record) ?? 0),
  };
}

function sum(
  stages: RequestRecord["stages"],
  isWanted: (name: string) => boolean,
): number | undefined {
  if (stages === undefined) return undefined;
  const wanted = Object.entries(stages).filter(([name]) => isWanted(name));
  return wanted.reduce((total, [, ms]) => total + ms, 0);
}
