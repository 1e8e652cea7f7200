// What must hold of every answer and every write, by name.
import { isStoredScores } from "../../gateway/cache/stored-scores.ts";
import type { RankOutcome } from "../../gateway/core/outcome.ts";
import type { Ledger, Score } from "./ledger.ts";
import type { Judge, Observation, Write } from "./world.ts";

const second = 1_000;
const hour = 3_600 * second;

interface Answered {
  readonly ranking: RankOutcome;
  /** Where each score came from; null = nowhere. */
  readonly scores: readonly (Score | null)[];
  /** Those that were not ranked for this very request. */
  readonly known: readonly Score[];
}

type AnswerCheck = (seen: Observation, answered: Answered) => boolean;

const answerChecks: Record<string, AnswerCheck> = {
  "every theme is answered once": ({ request: { labels } }, { ranking }) =>
    ranking.scores.length === labels.length &&
    same(
      ranking.themes.map(({ theme }) => theme.label),
      labels,
    ),

  "each score is one that a ranker gave this theme of this text": (
    { request: { text, labels } },
    { scores },
  ) => scores.every((score, i) => score?.call.text === text && score.label === labels[i]),

  "no foreign tenant, and nothing of before a purge": (
    { request: { tenant }, epoch },
    { scores },
  ) => scores.every((score) => score?.call.tenant === tenant && score.call.epoch === epoch),

  "no mixing: one ranker and one model an answer": (_, { ranking: { source, model }, scores }) =>
    scores.every((score) => score?.call.source === source && score.call.model === model),

  "only rankers that the caller accepts": ({ request: { sources } }, { ranking: { source } }) =>
    sources.includes(source),

  "set scores are never composed": ({ request: { labels } }, { ranking: { source }, scores }) =>
    source !== "gemini" || isOneCall(scores, labels),

  "no degraded over good: the preferred ranker answers unless it failed or is known to be down": (
    { request: { sources }, originState },
    { ranking: { source, reason } },
  ) =>
    !sources.includes("origin") || originState !== "up" || (source === "origin" && reason === null),

  "degraded is marked: stale, or by another than the first": (
    { request: { sources } },
    { ranking: { source, reason, cache } },
  ) => {
    const first = ["origin", "gemini", "lexical"].find((each) => sources.includes(each as never));
    return (reason !== null) === (source !== first || cache.status === "stale");
  },

  "what is served as fresh is fresh": ({ startedMs }, { ranking: { cache }, known }) =>
    cache.status === "stale" ||
    known.every(({ call }) => startedMs - call.atMs < (call.preferred ? 24 * hour : hour / 12)),

  "what is served stale is not too old": ({ startedMs }, { known }) =>
    known.every(({ call }) => startedMs - call.atMs < (call.preferred ? 7 * 24 * hour : hour)),

  "no-store is used by nobody else, and uses nothing": ({ request: { mode }, calls }, { scores }) =>
    scores.every(
      (score) =>
        (mode !== "no-store" && score?.call.mode !== "no-store") ||
        (score !== null && calls.includes(score.call)),
    ),

  "refresh is never served from before": ({ request: { mode }, startedMs }, { scores }) =>
    mode !== "refresh" || scores.every((score) => (score?.call.atMs ?? 0) >= startedMs),

  "the report is true": ({ alone, calls, endedMs }, { ranking: { cache, scores }, known }) => {
    const { status, known: told, ranked, ageSeconds } = cache;
    if (told + ranked !== scores.length) return false;
    if (!alone) return true;
    const oldestMs = Math.min(...known.map(({ call }) => call.atMs));
    const age = known.length === 0 ? null : Math.floor((endedMs - oldestMs) / second);
    if (told !== known.length || ageSeconds !== age) return false;
    if (status === "hit" || status === "stale") return ranked === 0 && calls.length === 0;
    if (status === "partial") return told > 0 && ranked > 0;
    return told === 0;
  },

  "a ranking costs one read a ranker": (
    { alone, readsWork, request: { mode }, scoreReads },
    { ranking },
  ) => {
    if (!alone || !readsWork || mode !== "default") return true;
    const looked = new Set([...ranking.attempts.map(({ source }) => source), ranking.source]);
    return scoreReads <= looked.size;
  },

  "a repeat at once says the same, and asks nobody who had answered": (
    { repeats, askedSources },
    { ranking },
  ) => {
    if (repeats === null || !repeats.outcome.ok) return true;
    const { source, scores, cache } = repeats.outcome.value;
    if (source === "lexical" || repeats.request.mode === "no-store") return true;
    // A refresh asks even where the first choice is known: after it, that serves again.
    if (repeats.request.mode === "refresh" && source !== ranking.source)
      return ranking.reason === null || ranking.cache.status === "stale";
    // Old knowledge may stand in for who was asked in vain: it is asked again.
    if (cache.status === "stale") return ranking.cache.status === "stale";
    return (
      ranking.source === source &&
      ranking.cache.status === "hit" &&
      !askedSources.includes(source) &&
      ranking.scores.every((score, i) => score === scores[i])
    );
  },

  "only what is new is ranked": ({ alone, calls }, { ranking: { cache } }) =>
    !alone || cache.status !== "partial" || calls.at(-1)?.labels.length === cache.ranked,
};

type WriteCheck = (write: Write, scores: readonly (Score | null)[], all: Invariants) => boolean;

const writeChecks: Record<string, WriteCheck> = {
  "nothing is stored from a failure": (_, scores) => scores.every((score) => score !== null),

  "lexical and no-store scores are never stored": (_, scores) =>
    scores.every((score) => score?.call.source !== "lexical" && score?.call.mode !== "no-store"),

  "an entry holds its own tenant's scores of one ranker, text and model": (
    { parts: [tenant, epoch, text, source, model], value },
    scores,
  ) =>
    !isStoredScores(value) ||
    (value.tenant === tenant &&
      scores.every(
        (score) =>
          score?.call.tenant === tenant &&
          score?.call.epoch === epoch &&
          score?.call.text === text &&
          score?.call.source === source &&
          score?.call.model === model,
      )),

  "at most one write a second, key and isolate": (write, _, { lastWrites }) => {
    const name = `${write.isolate} ${write.key}`;
    const lastMs = lastWrites.get(name) ?? 0;
    lastWrites.set(name, write.atMs);
    return write.atMs - lastMs >= second;
  },
};

export class InvariantBroken extends Error {
  override readonly name = "InvariantBroken";
}

/** Judges a world; keeps what was broken until the end, since a judge must not disturb what it sees. */
export class Invariants implements Judge {
  static readonly names: readonly string[] = [
    ...Object.keys(answerChecks),
    ...Object.keys(writeChecks),
    "nobody goes without while words are accepted",
  ];

  readonly lastWrites = new Map<string, number>();
  readonly statuses: string[] = [];
  readonly #originScope: "pair" | "set";
  /** Names, each with what first broke it. */
  readonly #broken = new Map<string, unknown>();

  constructor(originScope: "pair" | "set") {
    this.#originScope = originScope;
  }

  throwIfBroken(): void {
    if (this.#broken.size === 0) return;
    const names = [...this.#broken.keys()].join("; ");
    const [evidence] = this.#broken.values();
    throw new InvariantBroken(`${names}\n${JSON.stringify(evidence, null, 1)}`);
  }

  request(seen: Observation, ledger: Ledger): void {
    const { outcome, calls } = seen;
    if (!outcome.ok) {
      this.#hold(
        "nobody goes without while words are accepted",
        !seen.request.sources.includes("lexical"),
        outcome.failure,
      );
      return;
    }
    const ranking = outcome.value;
    const { cache } = ranking;
    this.statuses.push(cache.collapsed === true ? "collapsed" : cache.status);
    const scores = ranking.scores.map((value) => ledger.find(value));
    const known = scores.filter((score) => score !== null && !calls.includes(score.call));
    const answered = { ranking, scores, known: known.filter((score) => score !== null) };
    for (const [name, check] of Object.entries(answerChecks))
      this.#hold(name, check(seen, answered), { seen, ranking });
    if (this.#originScope === "set" && ranking.source === "origin")
      this.#hold("set scores are never composed", isOneCall(scores, seen.request.labels), seen);
  }

  write(write: Write, ledger: Ledger): void {
    const { value } = write;
    const stored = isStoredScores(value) ? Object.values(value.themes) : [];
    const scores = stored.map(([score]) => ledger.find(score));
    for (const [name, check] of Object.entries(writeChecks))
      this.#hold(name, check(write, scores, this), write);
  }

  #hold(name: string, holds: boolean, evidence: unknown): void {
    if (!holds && !this.#broken.has(name)) this.#broken.set(name, evidence);
  }
}

/** Whether all come from one call, made for this very set of themes. */
function isOneCall(scores: readonly (Score | null)[], labels: readonly string[]): boolean {
  const [first] = scores;
  return (
    first !== undefined &&
    first !== null &&
    scores.every((score) => score?.call === first.call) &&
    same(first.call.labels, labels)
  );
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return canonical(a) === canonical(b);
}

const canonical = (labels: readonly string[]) => labels.toSorted().join("|");
