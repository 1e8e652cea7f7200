// What the page is about at any moment: the run under way, and the last answer, which stays.

/** @typedef {import("./wire.js").Ranking} Ranking */
/** @typedef {import("./wire.js").Summary} Summary */
/** @typedef {import("./wire.js").Done} Done */
/** @typedef {import("./timeline.js").Metric} Metric */
/** @typedef {import("./run.js").Failure} Failure */
/** @typedef {import("./import-themes.js").ThemeRow} ThemeRow */

/**
 * @typedef {object} Asked
 * @property {import("./request.js").RequestBody} body
 * @property {string} text
 * @property {ThemeRow[]} rows
 * @property {string} question
 */
/** @typedef {{ rankedMs: number, ranking: Ranking }} Earlier */

/**
 * @typedef {object} Answer
 * @property {Asked} asked
 * @property {Ranking} ranking
 * @property {Metric[]} metrics
 * @property {number} rankedMs from the press of the key to the ranking in the tab
 * @property {Earlier | null} earlier the same question's last run that the cache did not answer whole, else the first
 * @property {"pending" | "complete" | "unavailable" | "cut"} summaryPhase
 * @property {string} summaryText
 * @property {Summary | null} summary
 * @property {number | null} summarisedMs
 * @property {Done | null} done
 */

/**
 * @typedef {object} RunState
 * @property {"empty" | "ranking" | "summarising" | "done" | "failed"} phase
 * @property {Asked | null} asked
 * @property {number} startedMs
 * @property {number} endedMs
 * @property {Answer | null} answer the last one there was, also below a failure
 * @property {Failure | null} failure
 * @property {Readonly<Record<string, Earlier>>} history by question
 */

/**
 * @typedef {{ step: "started", asked: Asked } | import("./run.js").Step} RunEvent
 */

/** @type {RunState} */
export const initialState = {
  phase: "empty",
  asked: null,
  startedMs: 0,
  endedMs: 0,
  answer: null,
  failure: null,
  history: {},
};

/** @param {RunState} state */
export const isRunning = ({ phase }) => phase === "ranking" || phase === "summarising";

/**
 * @param {RunState} state
 * @param {RunEvent} event
 * @param {number} nowMs
 * @returns {RunState}
 */
export function next(state, event, nowMs) {
  const sinceMs = nowMs - state.startedMs;
  switch (event.step) {
    case "started":
      return { ...state, phase: "ranking", asked: event.asked, startedMs: nowMs, failure: null };
    case "ranking": {
      if (state.asked === null) return state;
      const { asked, history } = state;
      const { ranking, metrics } = event;
      /** @type {Answer} */
      const answer = {
        asked,
        ranking,
        metrics,
        rankedMs: sinceMs,
        earlier: history[asked.question] ?? null,
        summaryPhase: "pending",
        summaryText: "",
        summary: null,
        summarisedMs: null,
        done: null,
      };
      // What the cache saves shows beside a run that was not served by it.
      const before = history[asked.question];
      const keeps = ranking.cache.status === "hit" && before !== undefined;
      const known = keeps
        ? history
        : { ...history, [asked.question]: { rankedMs: sinceMs, ranking } };
      return { ...state, phase: "summarising", answer, history: known };
    }
    case "delta":
      return withAnswer(state, (answer) => ({ summaryText: answer.summaryText + event.text }));
    case "summary": {
      const { summary } = event;
      return withAnswer(state, () => ({
        summary,
        summaryPhase: summary.status,
        // The final text replaces what was read along.
        summaryText: summary.text ?? "",
        summarisedMs: sinceMs,
      }));
    }
    case "done":
      return { ...withAnswer(state, () => ({ done: event.done })), phase: "done", endedMs: nowMs };
    case "failed": {
      const { failure } = event;
      const failed = { ...state, phase: /** @type {const} */ ("failed"), failure, endedMs: nowMs };
      if (state.phase !== "summarising" || state.answer?.summaryPhase !== "pending") return failed;
      return withAnswer(failed, () => ({ summaryPhase: "cut", summarisedMs: sinceMs }));
    }
  }
}

/**
 * @param {RunState} state
 * @param {(answer: Answer) => Partial<Answer>} change
 * @returns {RunState}
 */
function withAnswer(state, change) {
  if (state.answer === null) return state;
  return { ...state, answer: { ...state.answer, ...change(state.answer) } };
}
