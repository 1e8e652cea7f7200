// What goes over the wire, generated from the OpenAPI document by `npm run generate`. Do not edit.
/* oxlint-disable */

/**
 * One server-sent event; `data` is JSON. In this order: `ranking` once, `summary.delta` any number of times, `summary` once, `done` once. The text of `summary` replaces all deltas, which are no part of it when their summarizer failed. Lines that begin with a colon are heartbeats.
 *
 */
export type AnalyzeEvent =
  | {
      event: "ranking";
      data: RankAnswer;
    }
  | {
      event: "summary.delta";
      data: SummaryDelta;
    }
  | {
      event: "summary";
      data: Summary;
    }
  | {
      event: "done";
      data: Done;
    };
export type TeiRerankAnswer = {
  index: number;
  score: number;
  text?: string;
}[];

export interface RankAnswer {
  id: string;
  themes: RankedTheme[];
  source: "origin" | "gemini" | "lexical";
  model: string;
  degraded: boolean;
  /**
   * Why the first choice did not answer; null when it did.
   */
  reason: string | null;
  cache: {
    status: "hit" | "partial" | "miss" | "stale" | "bypass";
    known: number;
    ranked: number;
    age_s: number | null;
  };
  attempts: Attempt[];
  usage: Usage;
  processing_time_ms: number;
}
export interface RankedTheme {
  id: string;
  label: string;
  /**
   * Relevance, for putting themes in order. No probability: what share of themes with a score is relevant depends on the ranker, so fit a threshold on texts of your own.
   */
  score: number;
  rank: number;
  /**
   * How close together the model's ratings of the theme lie: 1 = all on one rating, 1 - sd / 4.5. It is not a chance of being right: on the model measured so far (Qwen2.5-Coder-1.5B), leaving out the least confident themes did not lower the error. null where the ranker gives no distribution.
   */
  confidence: number | null;
  evidence?: Span[];
}
/**
 * Code-point offsets into the text after NFC and trimming; the end is exclusive.
 *
 */
export interface Span {
  start: number;
  end: number;
}
export interface Attempt {
  source: "origin" | "gemini" | "lexical";
  outcome: "ok" | "failed" | "skipped";
  /**
   * Why the first choice did not answer; null when it did.
   */
  reason: string | null;
  duration_ms: number;
}
/**
 * The sum over `calls`, and what was saved. null = not known, which is not 0: a call that was not answered may have been paid for, and not every price is known.
 *
 */
export interface Usage {
  prompt_tokens: number | null;
  completion_tokens: number | null;
  cost_usd: number | null;
  /**
   * What scores and summaries had cost that the cache, or another request, gave.
   */
  saved_usd: number | null;
  /**
   * Each call to an upstream that this request made, failed ones too.
   */
  calls: UpstreamCall[];
}
export interface UpstreamCall {
  source: "origin" | "gemini";
  model: string;
  /**
   * Why it failed; null when it did not.
   */
  reason: string | null;
  /**
   * null = under way when this was written.
   */
  duration_ms: number | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  cost_usd: number | null;
}
/**
 * RFC 9457.
 *
 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  request_id: string;
  retryable: boolean;
  errors?: {
    pointer: string;
    detail: string;
  }[];
  attempts?: Attempt[];
  /**
   * Of a misconfigured deployment: what is wrong with which.
   */
  settings?: {
    name: string;
    detail: string;
  }[];
  /**
   * As `detail`; there on the rerank dialects' routes.
   */
  message?: string;
  /**
   * As `message`; there on /rerank.
   */
  error?: string;
  /**
   * text-embeddings-inference's; there on /rerank.
   */
  error_type?: "validation" | "overloaded" | "unhealthy" | "backend";
  usage?: Usage;
}
export interface RankRequest {
  /**
   * 1-20,000 code points after NFC and trimming.
   */
  text: string;
  /**
   * A string "Money" means {"id": "Money", "label": "Money"}.
   */
  themes?: (string | Theme)[];
  /**
   * Name of a stored catalog, in place of themes. Built in: life.
   */
  catalog?: string;
  /**
   * How many themes to return.
   */
  top_k?: number;
  min_score?: number;
  /**
   * The whole budget of the request, in milliseconds.
   */
  timeout_ms?: number;
  cache?: "default" | "refresh" | "no-store";
  /**
   * Rankers this caller accepts. Default: all that are configured.
   */
  sources?: ("origin" | "gemini" | "lexical")[];
}
export interface Theme {
  /**
   * Default: the label.
   */
  id?: string;
  label: string;
  description?: string;
}
export interface AnalyzeAnswer {
  id: string;
  themes: RankedTheme[];
  source: "origin" | "gemini" | "lexical";
  model: string;
  degraded: boolean;
  /**
   * Why the first choice did not answer; null when it did.
   */
  reason: string | null;
  cache: {
    status: "hit" | "partial" | "miss" | "stale" | "bypass";
    known: number;
    ranked: number;
    age_s: number | null;
  };
  attempts: Attempt[];
  usage: Usage;
  processing_time_ms: number;
  summary: Summary;
}
export interface Summary {
  text: string | null;
  status: "complete" | "unavailable";
  source: "gemini" | "origin" | "extractive" | null;
  model: string | null;
  theme_ids: string[];
  cache: {
    status: "hit" | "miss" | "bypass";
    age_s: number | null;
  };
  /**
   * Why the first choice did not answer; null when it did.
   */
  reason: string | null;
}
export interface SummaryDelta {
  /**
   * What was written since the last one, as it is: no white space is left out.
   */
  text: string;
}
/**
 * Of the whole request.
 *
 */
export interface Done {
  usage: Usage;
  processing_time_ms: number;
}
export interface AnalyzeRequest {
  /**
   * 1-20,000 code points after NFC and trimming.
   */
  text: string;
  /**
   * A string "Money" means {"id": "Money", "label": "Money"}.
   */
  themes?: (string | Theme)[];
  /**
   * Name of a stored catalog, in place of themes. Built in: life.
   */
  catalog?: string;
  /**
   * How many themes to return.
   */
  top_k?: number;
  min_score?: number;
  /**
   * The whole budget of the request, in milliseconds.
   */
  timeout_ms?: number;
  cache?: "default" | "refresh" | "no-store";
  /**
   * Rankers this caller accepts. Default: all that are configured.
   */
  sources?: ("origin" | "gemini" | "lexical")[];
  summary?: {
    max_themes?: number;
    /**
     * BCP 47 tag, without extensions. Default: the language of the text.
     */
    language?: string;
  };
  /**
   * Whether to name the sentences that speak for each summarised theme.
   */
  evidence?: boolean;
}
export interface BatchAnswer {
  id: string;
  /**
   * One for each text, in order; one text's failure is its own.
   */
  results: (
    | RankAnswer
    | {
        problem: Problem;
      }
  )[];
  usage: Usage;
  processing_time_ms: number;
}
export interface BatchRequest {
  /**
   * Items: 1-20,000 code points after NFC and trimming.
   */
  texts: string[];
  /**
   * A string "Money" means {"id": "Money", "label": "Money"}.
   */
  themes?: (string | Theme)[];
  /**
   * Name of a stored catalog, in place of themes. Built in: life.
   */
  catalog?: string;
  /**
   * How many themes to return.
   */
  top_k?: number;
  min_score?: number;
  /**
   * The whole budget of the request, in milliseconds.
   */
  timeout_ms?: number;
  cache?: "default" | "refresh" | "no-store";
  /**
   * Rankers this caller accepts. Default: all that are configured.
   */
  sources?: ("origin" | "gemini" | "lexical")[];
}
export interface RankThemesAnswer {
  /**
   * In the order of the themes.
   */
  scores: number[];
  /**
   * Seconds.
   */
  processing_time: number;
}
export interface RankThemesRequest {
  /**
   * 1-20,000 code points after NFC and trimming.
   */
  text: string;
  /**
   * A string "Money" means {"id": "Money", "label": "Money"}.
   */
  themes: (string | Theme)[];
}
export interface CohereRerankAnswer {
  id: string;
  model: string;
  results: {
    index: number;
    relevance_score: number;
    document?: {
      [k: string]: unknown;
    };
  }[];
  meta: {
    api_version: {
      version: string;
    };
    billed_units: {
      search_units: number;
    };
  };
  /**
   * Jina's and vLLM's. 0 where nobody was asked or the ranker told no number.
   */
  usage: {
    prompt_tokens: number;
    total_tokens: number;
  };
}
export interface VoyageRerankAnswer {
  object: "list";
  data: {
    index: number;
    relevance_score: number;
    document?: string;
  }[];
  model: string;
  usage: {
    total_tokens: number;
  };
}
/**
 * Cohere v1 and v2, Jina, vLLM. Documents are given back when `return_documents` is true. Other fields, and null, are ignored.
 *
 */
export interface CohereRerankRequest {
  /**
   * Accepted and ignored.
   */
  model?: unknown;
  /**
   * 1-20,000 code points after NFC and trimming.
   */
  query: string;
  /**
   * Items: A string, or an object with `text`. The first 620 characters count.
   */
  documents: (
    | string
    | {
        [k: string]: unknown;
      }
  )[];
  /**
   * Above their count means all.
   */
  top_n?: number | null;
  return_documents?: boolean | null;
  /**
   * Fields of an object document that count. Default: `text`, else all that are text.
   */
  rank_fields?: string[] | null;
}
/**
 * Taken for Voyage's by the key `top_k`, or the header of Voyage's own JavaScript client. Other fields, and null, are ignored.
 *
 */
export interface VoyageRerankRequest {
  /**
   * Accepted and ignored.
   */
  model?: unknown;
  /**
   * 1-20,000 code points after NFC and trimming.
   */
  query: string;
  /**
   * Items: A string, or an object with `text`. The first 620 characters count.
   */
  documents: (
    | string
    | {
        [k: string]: unknown;
      }
  )[];
  /**
   * Above their count means all.
   */
  top_k?: number | null;
  return_documents?: boolean | null;
}
/**
 * Taken for TEI's by the key `texts`. Other fields, and null, are ignored; scores lie in 0-1, there are no raw ones.
 *
 */
export interface TeiRerankRequest {
  /**
   * 1-20,000 code points after NFC and trimming.
   */
  query: string;
  texts: string[];
  return_text?: boolean | null;
}
export interface MixedbreadRerankAnswer {
  usage: {
    prompt_tokens: number;
    total_tokens: number;
  };
  model: string;
  data: {
    index: number;
    score: number;
    input?:
      | string
      | {
          [k: string]: unknown;
        };
    object: "rank_result";
  }[];
  object: "list";
  top_k: number;
  return_input: boolean;
}
/**
 * Other fields, and null, are ignored; without `top_k` all are returned.
 *
 */
export interface MixedbreadRerankRequest {
  /**
   * Accepted and ignored.
   */
  model?: unknown;
  /**
   * 1-20,000 code points after NFC and trimming.
   */
  query: string;
  /**
   * Items: A string, or an object with `text`. The first 620 characters count.
   */
  input: (
    | string
    | {
        [k: string]: unknown;
      }
  )[];
  /**
   * Fields of an object document that count. Default: `text`, else all that are text.
   */
  rank_fields?: string[] | null;
  /**
   * Above their count means all.
   */
  top_k?: number | null;
  return_input?: boolean | null;
}
export interface JinaClassifyAnswer {
  data: {
    object: "classification";
    index: number;
    prediction: string;
    score: number;
    /**
     * In the order of the labels; scores do not add up to 1.
     */
    predictions: {
      label: string;
      score: number;
    }[];
  }[];
  usage: {
    total_tokens: number;
  };
}
/**
 * Zero-shot only: `labels` are required. Other fields are ignored.
 *
 */
export interface JinaClassifyRequest {
  /**
   * Accepted and ignored.
   */
  model?: unknown;
  input: (
    | string
    | {
        /**
         * 1-20,000 code points after NFC and trimming.
         */
        text: string;
      }
  )[];
  labels: string[];
}
export interface CatalogList {
  catalogs: {
    name: string;
    /**
     * One more with each writing.
     */
    version: number;
    updated_at: string;
    theme_count: number;
  }[];
}
export interface Catalog {
  name: string;
  /**
   * One more with each writing.
   */
  version: number;
  updated_at: string;
  themes: {
    id: string;
    label: string;
    description: string;
  }[];
}
export interface CatalogRequest {
  /**
   * A string "Money" means {"id": "Money", "label": "Money"}.
   */
  themes: (string | Theme)[];
}
export interface Health {
  status: "ok";
}
export interface Status {
  status: "ok" | "degraded";
  version: string;
  /**
   * Cloudflare's id of the version that answers; null where it has none.
   */
  deployment: string | null;
  mode: "hybrid" | "all-gemini" | "all-local" | "lexical";
  rankers: {
    source: "origin" | "gemini" | "lexical";
    configured: boolean;
    state: "closed" | "open" | "half-open";
    since: string | null;
    /**
     * Why the first choice did not answer; null when it did.
     */
    reason: string | null;
    /**
     * The origin's servers alone are probed; null = not by this isolate.
     */
    last_probe?: {
      at: string;
      /**
       * Why the first choice did not answer; null when it did.
       */
      reason: string | null;
    } | null;
    model: string | null;
    replicas?: {
      state: "closed" | "open" | "half-open";
      since: string | null;
      /**
       * Why the first choice did not answer; null when it did.
       */
      reason: string | null;
      /**
       * The origin's servers alone are probed; null = not by this isolate.
       */
      last_probe?: {
        at: string;
        /**
         * Why the first choice did not answer; null when it did.
         */
        reason: string | null;
      } | null;
    }[];
  }[];
  summarizers: {
    source: "gemini" | "origin" | "extractive";
    configured: boolean;
    state: "closed" | "open" | "half-open";
    since: string | null;
    /**
     * Why the first choice did not answer; null when it did.
     */
    reason: string | null;
    /**
     * The origin's servers alone are probed; null = not by this isolate.
     */
    last_probe?: {
      at: string;
      /**
       * Why the first choice did not answer; null when it did.
       */
      reason: string | null;
    } | null;
    model: string | null;
    replicas?: {
      state: "closed" | "open" | "half-open";
      since: string | null;
      /**
       * Why the first choice did not answer; null when it did.
       */
      reason: string | null;
      /**
       * The origin's servers alone are probed; null = not by this isolate.
       */
      last_probe?: {
        at: string;
        /**
         * Why the first choice did not answer; null when it did.
         */
        reason: string | null;
      } | null;
    }[];
  }[];
  isolate?: Isolate;
}
/**
 * What this isolate alone has seen. Told to keys with the scope `admin`.
 *
 */
export interface Isolate {
  since: string;
  rankings: number;
  /**
   * Rankings that the cache answered whole.
   */
  hit_ratio: number | null;
  /**
   * Rankings that another than the first choice gave, or nobody.
   */
  failover_rate: number | null;
  /**
   * The last 20, the latest first.
   */
  failovers: {
    at: string;
    request_id: string;
    /**
     * null = nobody.
     */
    source: "origin" | "gemini" | "lexical" | null;
    /**
     * Why the first choice did not answer; null when it did.
     */
    reason: string | null;
  }[];
}
export interface TenantUsage {
  /**
   * The UTC day that is counted.
   */
  day: string;
  /**
   * Whether anybody counts; if not, or while the count cannot be had, all is null.
   */
  budget: "counted" | "none" | "unreachable";
  /**
   * That reached the rankers.
   */
  requests: number | null;
  /**
   * Rankings wholly from the cache.
   */
  cached: number | null;
  cached_share: number | null;
  gemini: {
    day: Calls;
    minute: Calls;
  } | null;
}
export interface Calls {
  /**
   * Calls made, and those lent and not given back.
   */
  used: number;
  /**
   * null = no limit.
   */
  limit: number | null;
  left: number | null;
  resets_at: string;
}
