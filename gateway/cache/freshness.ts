// How long what was computed may be served.

export interface Lifetime {
  /** Served as it is for so long. */
  readonly freshSeconds: number;
  /** Kept in the store for so long; what is no longer fresh is there for a failing origin only. */
  readonly keepSeconds: number;
}

/** Of the preferred ranker's scores and of summaries. */
export const preferredLifetime: Lifetime = { freshSeconds: 86_400, keepSeconds: 7 * 86_400 };

/** Of a fallback's scores: they stand in for better ones that are expected back. */
export const fallbackLifetime: Lifetime = { freshSeconds: 300, keepSeconds: 3_600 };
