// The shape of a request's event: every field that there may be, its unit, and when it is there.
import { z } from "zod";
import { circuitStates } from "../core/circuit.ts";
import { rankerSources, summarizerSources } from "../core/domain.ts";

const ms = z.int().min(0);
const tokens = z.int().min(0).nullable();
const usd = z.number().min(0).nullable();
const reason = z.string().nullable();

const attempt = z.strictObject({
  source: z.string(),
  outcome: z.enum(["ok", "failed", "skipped"]),
  reason,
  duration_ms: ms,
});

/** One call to an upstream, failed ones too; without probes. */
const upstreamCall = z.strictObject({
  source: z.enum(["origin", "gemini"]),
  model: z.string(),
  /** null = it answered, and the answer was of use. */
  reason,
  /** null = still under way when the event was written. */
  duration_ms: ms.nullable(),
  prompt_tokens: tokens,
  completion_tokens: tokens,
  cost_usd: usd,
});

/**
 * One request. What a request does not have is not there; null means that it is not known, or that
 * there is none. No field holds text, labels, summaries or ids of themes: names, states and numbers
 * of ours alone, the caller's request id and trace id apart.
 */
export const requestRecord = z.strictObject({
  event: z.literal("request"),
  id: z.string(),
  /** Of the trace that the origin is told of (W3C Trace Context). */
  trace: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
  method: z.string(),
  /** One of our own routes; null = another path, which is not written down. */
  route: z.string().nullable(),
  status: z.int(),
  /** From the arrival until the answer, or its first event where it is a stream. */
  duration_ms: ms,
  /** Of a stream: until its last byte. */
  streamed_ms: ms.optional(),
  /** The data centre, as Cloudflare names it; null on a local machine. */
  colo: z.string().nullable(),
  release: z.string(),

  /** Stands for the tenant; the key id tells an operator which one it is. */
  tenant: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  key: z.string().optional(),
  /** The slug of the problem that was answered. */
  problem: z.string().optional(),
  /** The kind of a bug's error. */
  defect: z.string().optional(),

  /** How a stream ended: `cut` = the caller left before. */
  stream: z.enum(["done", "cut"]).optional(),
  /** Of a request with several texts: how many, how many of them nobody ranked, and who ranked. */
  texts: z.int().optional(),
  failed: z.int().optional(),
  sources: z.array(z.enum(rankerSources)).optional(),

  source: z.enum(rankerSources).optional(),
  model: z.string().optional(),
  /** Prompt version, layout and dialect of the ranker that answered. */
  ranker_version: z.string().optional(),
  degraded: z.boolean().optional(),
  /** Why the first choice did not answer. */
  reason: reason.optional(),
  cache: z.enum(["hit", "partial", "miss", "stale", "bypass"]).optional(),
  /** Themes of the request: all, those known to the cache, those ranked now. */
  themes: z.int().optional(),
  known: z.int().optional(),
  ranked: z.int().optional(),
  /** The scores came from the call of an identical request. */
  collapsed: z.boolean().optional(),
  attempts: z.array(attempt).optional(),
  cache_faults: z.array(z.string()).optional(),
  /** The origin's circuit when the request was answered, and Gemini's. */
  breaker: z.enum(circuitStates).optional(),
  gemini_breaker: z.enum(circuitStates).optional(),

  summary_source: z.enum(summarizerSources).nullable().optional(),
  summary_model: z.string().nullable().optional(),
  summarizer_version: z.string().nullable().optional(),
  summary_reason: reason.optional(),
  summary_cache: z.enum(["hit", "miss", "bypass"]).optional(),
  summary_attempts: z.array(attempt).optional(),

  calls: z.array(upstreamCall).optional(),
  prompt_tokens: tokens.optional(),
  completion_tokens: tokens.optional(),
  cost_usd: usd.optional(),
  saved_usd: usd.optional(),
  /** By the names of Server-Timing; what is asked at once is counted side by side. */
  stages: z.record(z.string(), ms).optional(),
});

export type RequestRecord = Readonly<z.output<typeof requestRecord>>;
