// How long what was computed may be served.

export interface Lifetime {
  /** Served as it is for so long at most. */
  readonly freshSeconds: number;
  /** Kept in the store for so long; what is no longer fresh is there for a failing ranker only. */
  readonly keepSeconds: number;
}

/** Of the preferred ranker's scores and of summaries. */
export const preferredLifetime: Lifetime = { freshSeconds: 86_400, keepSeconds: 7 * 86_400 };

/** Of a fallback's scores: they stand in for better ones that are expected back. */
export const fallbackLifetime: Lifetime = { freshSeconds: 300, keepSeconds: 3_600 };

/** Of the knowledge that a text was refused. */
export const blockedSeconds = 300;

/** A clock may be off by so much. */
const maxSkewMs = 60_000;
/** Freshness ends up to this part early, so that texts ranked together do not all end together. */
const jitter = 0.1;

/** When something computed at a time stops being fresh and stops being of any use, epoch ms. */
export interface Times {
  readonly until: number;
  readonly keep: number;
}

/**
 * The times of what was computed at `atMs`.
 * @param key the entry's key: its last digits are as good as dice, and the same in every isolate
 */
export function timesOf({ freshSeconds, keepSeconds }: Lifetime, atMs: number, key: string): Times {
  const early = (jitter * Number.parseInt(key.slice(-4), 16)) / 0x1_0000;
  return {
    until: atMs + Math.round(freshSeconds * 1_000 * (1 - early)),
    keep: atMs + keepSeconds * 1_000,
  };
}

/** Forged, or written by a clock that is off: it would be the newest for ever. */
export function isFromTheFuture(at: number, nowMs: number): boolean {
  return at > nowMs + maxSkewMs;
}

/** Whether these are times that this code gives: a forged entry would otherwise be fresh for ever. */
export function arePossibleTimes(at: unknown, until: unknown, keep: unknown): boolean {
  return (
    typeof at === "number" &&
    typeof until === "number" &&
    typeof keep === "number" &&
    until <= at + preferredLifetime.freshSeconds * 1_000 &&
    keep <= at + preferredLifetime.keepSeconds * 1_000
  );
}
