// What callers get: documented from these schemas, and held to them by the tests.
import { z } from "@hono/zod-openapi";
import { circuitStates } from "../core/circuit.ts";
import { rankerSources, summarizerSources } from "../core/domain.ts";

const span = z.object({ start: z.int(), end: z.int() }).openapi("Span", {
  description: "Code-point offsets into the text after NFC and trimming; the end is exclusive.",
});

const rankedTheme = z
  .object({
    id: z.string(),
    label: z.string(),
    score: z
      .number()
      .min(0)
      .max(100)
      .openapi({
        description:
          "Relevance, for putting themes in order. No probability: what share of themes with a score " +
          "is relevant depends on the ranker, so fit a threshold on texts of your own.",
      }),
    rank: z.int().min(1),
    confidence: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .openapi({
        description:
          "How close together the model's ratings of the theme lie: 1 = all on one rating, " +
          "1 - sd / 4.5. It is not a chance of being right: on the model measured so far " +
          "(Qwen2.5-Coder-1.5B), leaving out the least confident themes did not lower the error. " +
          "null where the ranker gives no distribution.",
      }),
    evidence: z.array(span).optional(),
  })
  .openapi("RankedTheme");

const reason = z
  .string()
  .nullable()
  .openapi({ description: "Why the first choice did not answer; null when it did." });

const attempt = z
  .object({
    source: z.enum(rankerSources),
    outcome: z.enum(["ok", "failed", "skipped"]),
    reason,
    duration_ms: z.int(),
  })
  .openapi("Attempt");

const consumed = {
  prompt_tokens: z.int().min(0).nullable(),
  completion_tokens: z.int().min(0).nullable(),
  cost_usd: z.number().min(0).nullable(),
};

const upstreamCall = z
  .object({
    source: z.enum(["origin", "gemini"]),
    model: z.string(),
    reason: z.string().nullable().openapi({ description: "Why it failed; null when it did not." }),
    duration_ms: z
      .int()
      .min(0)
      .nullable()
      .openapi({ description: "null = under way when this was written." }),
    ...consumed,
  })
  .openapi("UpstreamCall");

export const usage = z
  .object({
    ...consumed,
    saved_usd: z.number().min(0).nullable().openapi({
      description: "What scores and summaries had cost that the cache, or another request, gave.",
    }),
    calls: z.array(upstreamCall).openapi({
      description: "Each call to an upstream that this request made, failed ones too.",
    }),
  })
  .openapi("Usage", {
    description:
      "The sum over `calls`, and what was saved. null = not known, which is not 0: a call that was " +
      "not answered may have been paid for, and not every price is known.",
  });

const rankAnswerFields = {
  id: z.string(),
  themes: z.array(rankedTheme),
  source: z.enum(rankerSources),
  model: z.string(),
  degraded: z.boolean(),
  reason,
  cache: z.object({
    status: z.enum(["hit", "partial", "miss", "stale", "bypass"]),
    known: z.int(),
    ranked: z.int(),
    age_s: z.int().nullable(),
  }),
  attempts: z.array(attempt),
  usage,
  processing_time_ms: z.int(),
};

export const rankAnswer = z.object(rankAnswerFields).openapi("RankAnswer");

export const summaryAnswer = z
  .object({
    text: z.string().nullable(),
    status: z.enum(["complete", "unavailable"]),
    source: z.enum(summarizerSources).nullable(),
    model: z.string().nullable(),
    theme_ids: z.array(z.string()),
    cache: z.object({
      status: z.enum(["hit", "miss", "bypass"]),
      age_s: z.int().nullable(),
    }),
    reason,
  })
  .openapi("Summary");

export const analyzeAnswer = z
  .object({ ...rankAnswerFields, summary: summaryAnswer })
  .openapi("AnalyzeAnswer");

const summaryDelta = z
  .object({
    text: z.string().min(1).openapi({
      description: "What was written since the last one, as it is: no white space is left out.",
    }),
  })
  .openapi("SummaryDelta");

export const doneEvent = z
  .object({ usage, processing_time_ms: z.int() })
  .openapi("Done", { description: "Of the whole request." });

const event = <N extends string, S extends z.ZodType>(name: N, data: S) =>
  z.object({ event: z.literal(name), data });

/** The events of a streamed answer; `data` is one line of JSON on the wire. */
export const analyzeEvent = z
  .discriminatedUnion("event", [
    event("ranking", rankAnswer),
    event("summary.delta", summaryDelta),
    event("summary", summaryAnswer),
    event("done", doneEvent),
  ])
  .openapi("AnalyzeEvent", {
    description:
      "One server-sent event; `data` is JSON. In this order: `ranking` once, `summary.delta` any number " +
      "of times, `summary` once, `done` once. The text of `summary` replaces all deltas, which are no " +
      "part of it when their summarizer failed. Lines that begin with a colon are heartbeats.",
  });

export const rankThemesAnswer = z
  .object({
    scores: z
      .array(z.int().min(0).max(100))
      .openapi({ description: "In the order of the themes." }),
    processing_time: z.number().openapi({ description: "Seconds." }),
  })
  .openapi("RankThemesAnswer");

const circuit = {
  state: z.enum(circuitStates),
  since: z.iso.datetime().nullable(),
  reason,
  last_probe: z
    .object({ at: z.iso.datetime(), reason })
    .nullable()
    .optional()
    .openapi({ description: "The origin's servers alone are probed; null = not by this isolate." }),
};

const provider = {
  configured: z.boolean(),
  ...circuit,
  model: z.string().nullable(),
  /** In the order of ORIGIN_BASE_URL, where there are several. */
  replicas: z.array(z.object(circuit)).optional(),
};

const isolate = z
  .object({
    since: z.iso.datetime(),
    rankings: z.int().min(0),
    hit_ratio: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .openapi({ description: "Rankings that the cache answered whole." }),
    failover_rate: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .openapi({ description: "Rankings that another than the first choice gave, or nobody." }),
    failovers: z
      .array(
        z.object({
          at: z.iso.datetime(),
          request_id: z.string(),
          source: z.enum(rankerSources).nullable().openapi({ description: "null = nobody." }),
          reason,
        }),
      )
      .openapi({ description: "The last 20, the latest first." }),
  })
  .openapi("Isolate", {
    description: "What this isolate alone has seen. Told to keys with the scope `admin`.",
  });

export const statusAnswer = z
  .object({
    status: z.enum(["ok", "degraded"]),
    version: z.string(),
    deployment: z.string().nullable().openapi({
      description: "Cloudflare's id of the version that answers; null where it has none.",
    }),
    mode: z.enum(["hybrid", "all-gemini", "all-local", "lexical"]),
    rankers: z.array(z.object({ source: z.enum(rankerSources), ...provider })),
    summarizers: z.array(z.object({ source: z.enum(summarizerSources), ...provider })),
    isolate: isolate.optional(),
  })
  .openapi("Status");

const calls = z
  .object({
    used: z.int().min(0).openapi({ description: "Calls made, and those lent and not given back." }),
    limit: z.int().min(0).nullable().openapi({ description: "null = no limit." }),
    left: z.int().min(0).nullable(),
    resets_at: z.iso.datetime(),
  })
  .openapi("Calls");

export const usageAnswer = z
  .object({
    day: z.iso.date().openapi({ description: "The UTC day that is counted." }),
    budget: z.enum(["counted", "none", "unreachable"]).openapi({
      description: "Whether anybody counts; if not, or while the count cannot be had, all is null.",
    }),
    requests: z.int().min(0).nullable().openapi({ description: "That reached the rankers." }),
    cached: z.int().min(0).nullable().openapi({ description: "Rankings wholly from the cache." }),
    cached_share: z.number().min(0).max(1).nullable(),
    gemini: z.object({ day: calls, minute: calls }).nullable(),
  })
  .openapi("TenantUsage");

export const healthAnswer = z.object({ status: z.literal("ok") }).openapi("Health");

/** A problem on the paths of other vendors' clients, see dialects/error-shape.ts. */
const vendorMembers = {
  message: z
    .string()
    .optional()
    .openapi({ description: "As `detail`; there on the rerank dialects' routes." }),
  error: z.string().optional().openapi({ description: "As `message`; there on /rerank." }),
  error_type: z
    .enum(["validation", "overloaded", "unhealthy", "backend"])
    .optional()
    .openapi({ description: "text-embeddings-inference's; there on /rerank." }),
};

export const problemAnswer = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    request_id: z.string(),
    retryable: z.boolean(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    attempts: z.array(attempt).optional(),
    settings: z
      .array(z.object({ name: z.string(), detail: z.string() }))
      .optional()
      .openapi({ description: "Of a misconfigured deployment: what is wrong with which." }),
    ...vendorMembers,
    usage: usage.optional(),
  })
  .openapi("Problem", { description: "RFC 9457." });
