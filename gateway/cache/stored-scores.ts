// A cache entry of scores: its shape, what of it may be served, and how new scores join it.
import type { ThemeScore } from "../core/domain.ts";

/** One theme's score as stored: value, confidence, time of ranking, end of freshness (epoch ms). */
export type StoredScore = readonly [
  value: number,
  confidence: number | null,
  at: number,
  until: number,
];

/** One entry: the scores of one text by one ranker, under the hash of each theme. */
export interface StoredScores {
  readonly tenant: string;
  readonly model: string;
  readonly themes: Readonly<Record<string, StoredScore>>;
}

/** Scores an entry holds at most; the oldest go first. */
const maxThemes = 500;
/** A clock may be off by so much. */
const maxSkewMs = 60_000;

/** The score when it may be served as it is, else null. */
export function fresh(score: StoredScore | undefined, nowMs: number): StoredScore | null {
  return score !== undefined && !isFromTheFuture(score[2], nowMs) && nowMs < score[3]
    ? score
    : null;
}

/** Forged, or written by a clock that is off: it would be the newest for ever. */
export function isFromTheFuture(at: number, nowMs: number): boolean {
  return at > nowMs + maxSkewMs;
}

export function toThemeScore([value, confidence]: StoredScore): ThemeScore {
  return { value, confidence };
}

/** Age of the oldest score in whole seconds; null of none. */
export function ageSeconds(scores: readonly StoredScore[], nowMs: number): number | null {
  if (scores.length === 0) return null;
  const oldestMs = Math.min(...scores.map(([, , at]) => at));
  return Math.max(0, Math.floor((nowMs - oldestMs) / 1_000));
}

/** What `entry` knew and what is new; of each theme the newest. */
export function merge(
  entry: StoredScores | null,
  added: StoredScores,
  nowMs: number,
): StoredScores {
  const themes = new Map<string, StoredScore>();
  for (const [hash, score] of Object.entries(entry?.model === added.model ? entry.themes : {})) {
    if (!isFromTheFuture(score[2], nowMs)) themes.set(hash, score);
  }
  for (const [hash, score] of Object.entries(added.themes)) {
    if ((themes.get(hash)?.[2] ?? 0) <= score[2]) themes.set(hash, score);
  }
  const newest = [...themes].toSorted(([, a], [, b]) => b[2] - a[2]).slice(0, maxThemes);
  return { ...added, themes: Object.fromEntries(newest) };
}

/** Until when the longest-lived of its scores is fresh, epoch ms. */
export function freshUntil({ themes }: StoredScores): number {
  return Math.max(0, ...Object.values(themes).map(([, , , until]) => until));
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
  if (!Array.isArray(value) || value.length !== 4) return false;
  const [score, confidence, at, until]: unknown[] = value;
  return (
    inRange(score, 0, 100) &&
    (confidence === null || inRange(confidence, 0, 1)) &&
    Number.isFinite(at) &&
    Number.isFinite(until)
  );
}

function inRange(value: unknown, low: number, high: number): boolean {
  return typeof value === "number" && value >= low && value <= high;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
