// What the API answers, as far as the page reads it.

/** @typedef {import("./evidence.js").Span} Span */
/** @typedef {{ source: string, outcome: "ok" | "failed" | "skipped", reason: string | null, duration_ms: number }} Attempt */
/** @typedef {{ id: string, label: string, score: number, rank: number, confidence: number | null, evidence?: Span[] }} RankedTheme */
/** @typedef {{ prompt_tokens: number | null, completion_tokens: number | null, cost_usd: number | null, saved_usd: number | null }} Usage */
/** @typedef {{ status: "hit" | "partial" | "miss" | "stale" | "bypass", known: number, ranked: number, age_s: number | null }} CacheView */

/**
 * @typedef {object} Ranking
 * @property {string} id
 * @property {RankedTheme[]} themes
 * @property {string} source
 * @property {string} model
 * @property {boolean} degraded
 * @property {string | null} reason
 * @property {CacheView} cache
 * @property {Attempt[]} attempts
 * @property {Usage} usage
 * @property {number} processing_time_ms
 */
/**
 * @typedef {object} Summary
 * @property {string | null} text
 * @property {"complete" | "unavailable"} status
 * @property {string | null} source
 * @property {string | null} model
 * @property {string[]} theme_ids
 * @property {{ status: string, age_s: number | null }} cache
 * @property {string | null} reason
 */
/** @typedef {{ usage: Usage, processing_time_ms: number }} Done */
/** @typedef {{ pointer: string, detail: string }} FieldError */

/**
 * @typedef {object} Problem
 * @property {string} type
 * @property {string} title
 * @property {number} status
 * @property {string} detail
 * @property {string} request_id
 * @property {boolean} retryable
 * @property {FieldError[]} [errors]
 * @property {Attempt[]} [attempts]
 */

/** @typedef {{ source: string, configured: boolean, state: string, since: string | null, reason: string | null, model: string | null }} Provider */
/** @typedef {{ status: "ok" | "degraded", version: string, mode: string, rankers: Provider[], summarizers: Provider[] }} Status */

/** Types alone: nothing here runs. */
export const wire = null;
