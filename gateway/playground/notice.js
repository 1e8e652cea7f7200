// What is out of the ordinary, said once: the box above the answer.
import { ageInWords, counted, culprit, rankerInWords, reasonInWords } from "./words.js";

/** @typedef {import("./run-state.js").RunState} RunState */
/** @typedef {import("./wire.js").Ranking} Ranking */
/** @typedef {import("./wire.js").Problem} Problem */

/**
 * @typedef {object} Notice
 * @property {"plain" | "warning" | "failure"} tone
 * @property {string} state its name, for tests and styles
 * @property {string} title
 * @property {string} text
 * @property {string | null} requestId
 * @property {number | null} waitSeconds before another try makes sense
 * @property {boolean} retry
 */

/**
 * @param {RunState} state
 * @param {number} themeCount as the form stands
 * @returns {Notice | null}
 */
export function noticeOf(state, themeCount) {
  const { phase, failure, answer } = state;
  if (phase === "empty") {
    const title = `Press Rank to score ${counted(themeCount, "theme")}.`;
    return { ...plain, state: "empty", title, text: "Nothing is sent until you do." };
  }
  if (phase === "ranking") return null;
  if (failure !== null) return failureNotice(failure, answer !== null);
  return answer === null ? null : rankingNotice(answer.ranking);
}

/** @type {Omit<Notice, "state" | "title" | "text">} */
const plain = { tone: "plain", requestId: null, waitSeconds: null, retry: false };
/** @type {typeof plain} */
const warning = { ...plain, tone: "warning" };
/** @type {typeof plain} */
const failed = { ...plain, tone: "failure" };

/**
 * @param {import("./run.js").Failure} failure
 * @param {boolean} hasAnswer
 * @returns {Notice}
 */
function failureNotice(failure, hasAnswer) {
  const below = hasAnswer ? " The last result stays below." : "";
  switch (failure.kind) {
    case "cancelled":
      return {
        ...plain,
        state: "cancelled",
        title: "Cancelled.",
        text: `Your text is kept.${below}`,
        retry: true,
      };
    case "offline":
      return {
        ...failed,
        state: "offline",
        title: "You are offline.",
        text: `Your text is kept.${below}`,
        retry: true,
      };
    case "unreachable":
      return {
        ...failed,
        state: "unreachable",
        title: "The gateway does not answer.",
        text: `Your text is kept.${below}`,
        retry: true,
      };
    case "cut":
      return {
        ...warning,
        state: "cut",
        title: "The connection broke.",
        text: "The ranking is complete, the summary is not.",
        retry: true,
      };
    case "unexpected": {
      const text = `Something answered with status ${failure.status} that is not the gateway.`;
      return { ...failed, state: "unexpected", title: "No answer.", text, retry: true };
    }
    case "problem":
      return problemNotice(failure.problem, failure.retryAfterSeconds, below);
  }
}

/**
 * @param {Problem} problem
 * @param {number | null} waitSeconds
 * @param {string} below
 * @returns {Notice}
 */
function problemNotice(
  { status, title, detail, request_id, retryable, errors = [] },
  waitSeconds,
  below,
) {
  const base = { ...failed, requestId: request_id, waitSeconds, retry: retryable };
  switch (status) {
    case 401:
      return {
        ...base,
        state: "unauthorised",
        title: "This gateway asks for an API key.",
        text: "Type yours into the field; it is kept in this tab alone.",
      };
    case 403:
      return { ...base, state: "forbidden", title: "This key may not do that.", text: detail };
    case 429:
      return {
        ...base,
        tone: "warning",
        state: "rate-limited",
        title: "Too many requests.",
        text: `This key has spent its share of the minute.${below}`,
      };
    case 503:
      return {
        ...base,
        state: "down",
        title: "No ranking service answers.",
        text: `Your text is kept.${below}`,
      };
    case 504:
      return {
        ...base,
        state: "timeout",
        title: "Time ran out before a ranker answered.",
        text: `Your text is kept.${below}`,
      };
    default: {
      if (errors.length === 0)
        return { ...base, state: "refused", title: `${title}.`, text: detail };
      const text = "Nobody upstream was asked.";
      const names = counted(errors.length, "field");
      const verb = errors.length === 1 ? "needs" : "need";
      return { ...base, state: "invalid", title: `${names} ${verb} a change.`, text };
    }
  }
}

/**
 * What a ranking that is there has to say of itself.
 * @param {Ranking} ranking
 * @returns {Notice | null}
 */
function rankingNotice({ degraded, reason, cache, source, model }) {
  if (cache.status === "stale") {
    return {
      ...warning,
      state: "stale",
      title: "These scores are out of date.",
      text: `${culprit(reason)} did not answer (${reasonInWords(reason)}), so scores ${ageInWords(cache.age_s)} stand in.`,
    };
  }
  if (degraded) {
    const who = rankerInWords({ source, model });
    const ranked =
      source === "lexical" ? "shared words ranked this text" : `${who} ranked this text`;
    return {
      ...warning,
      state: "degraded",
      title: `${culprit(reason)} did not answer, so ${ranked}.`,
      text: `Why: ${reasonInWords(reason)}. Scores may differ.`,
    };
  }
  if (cache.status === "partial") {
    return {
      ...plain,
      state: "partial",
      title: `${cache.known} of ${cache.known + cache.ranked} scores came from the cache.`,
      text: `${cache.ranked === 1 ? "Only one was" : `Only ${cache.ranked} were`} ranked now.`,
    };
  }
  if (cache.status === "hit") {
    return {
      ...plain,
      state: "cached",
      title: `All ${cache.known} scores came from the cache.`,
      text: "No ranker was asked.",
    };
  }
  return null;
}
