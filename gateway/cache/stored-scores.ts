// A cache entry of scores: its shape, what of it may be served, and how new scores join it.
import type { ThemeScore } from "../core/domain.ts";
import { arePossibleTimes, isFromTheFuture } from "./freshness.ts";

/**
 * One theme's score as stored: value, confidence; when it was asked for, end of freshness, end of use
 * (epoch ms); what it cost (US dollars), where that was known.
 */
export type StoredScore = readonly [
  value: number,
  confidence: number | null,
  at: number,
  until: number,
  keep: number,
  costUsd?: number,
];

/** One entry: the scores of one text by one ranker, under the hash of each theme. */
export interface StoredScores {
  readonly tenant: string;
  readonly model: string;
  readonly themes: Readonly<Record<string, StoredScore>>;
}

/**
 * Scores an entry holds at most; the oldest go first. A score takes 140 characters at most, a hash
 * of 24 digits and six numbers, so that an entry stays below 75 kB.
 */
const maxThemes = 500;

/** No call costs that much: an entry that says so was forged. */
const maxCostUsd = 100;

/** Whether the score may be served as it is. */
export function isFresh([, , at, until]: StoredScore, nowMs: number): boolean {
  return !isFromTheFuture(at, nowMs) && nowMs < until;
}

/** Whether the score may be served instead of one that cannot be had. */
export function isUsable([, , at, , keep]: StoredScore, nowMs: number): boolean {
  return !isFromTheFuture(at, nowMs) && nowMs < keep;
}

export function toThemeScore([value, confidence]: StoredScore): ThemeScore {
  return { value, confidence };
}

/** Six digits are enough for a sum that is shown, and short enough for an entry of hundreds. */
export function toStoredCost(costUsd: number): number {
  return Number(costUsd.toPrecision(6));
}

/** What the scores had cost together, US dollars; null where it is not known of one. */
export function costOf(scores: readonly StoredScore[]): number | null {
  let sum = 0;
  for (const [, , , , , costUsd] of scores) {
    if (costUsd === undefined) return null;
    sum += costUsd;
  }
  return sum;
}

/** Age of the oldest score in whole seconds; null of none. */
export function ageSeconds(scores: readonly StoredScore[], nowMs: number): number | null {
  if (scores.length === 0) return null;
  const oldestMs = Math.min(...scores.map(([, , at]) => at));
  return Math.max(0, Math.floor((nowMs - oldestMs) / 1_000));
}

/** For how long all of them stay fresh, whole seconds; negative when one is not. */
export function ttlSeconds(scores: readonly StoredScore[], nowMs: number): number {
  const firstMs = Math.min(...scores.map(([, , , until]) => until));
  return Math.floor((firstMs - nowMs) / 1_000);
}

/** Of two entries the scores of `newer`'s model; of each theme the one asked for last. */
export function merge(
  older: StoredScores | null,
  newer: StoredScores,
  nowMs: number,
): StoredScores {
  const themes = new Map<string, StoredScore>();
  const join = (scores: StoredScores["themes"]) => {
    for (const [hash, score] of Object.entries(scores)) {
      const known = themes.get(hash);
      // What is of no use any more, or claims to be from the future, is not carried along.
      if (isUsable(score, nowMs) && (known === undefined || known[2] <= score[2]))
        themes.set(hash, score);
    }
  };
  if (older?.model === newer.model) join(older.themes);
  join(newer.themes);
  const newest =
    themes.size <= maxThemes
      ? [...themes]
      : [...themes].toSorted(([, a], [, b]) => b[2] - a[2]).slice(0, maxThemes);
  return { ...newer, themes: Object.fromEntries(newest) };
}

/** Until when one of its scores is of use, epoch ms. */
export function usableUntil({ themes }: StoredScores): number {
  return Math.max(0, ...Object.values(themes).map(([, , , , keep]) => keep));
}

/** Whether a value read from a store is such an entry: anybody may have written it. */
export function isStoredScores(value: unknown): value is StoredScores {
  return (
    isRecord(value) &&
    typeof value["tenant"] === "string" &&
    typeof value["model"] === "string" &&
    isRecord(value["themes"]) &&
    Object.values(value["themes"]).every(isStoredScore)
  );
}

function isStoredScore(value: unknown): value is StoredScore {
  if (!Array.isArray(value) || value.length < 5 || value.length > 6) return false;
  const [score, confidence, at, until, keep, costUsd = 0]: unknown[] = value;
  return (
    inRange(costUsd, 0, maxCostUsd) &&
    inRange(score, 0, 100) &&
    (confidence === null || inRange(confidence, 0, 1)) &&
    arePossibleTimes(at, until, keep)
  );
}

function inRange(value: unknown, low: number, high: number): boolean {
  return typeof value === "number" && value >= low && value <= high;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
