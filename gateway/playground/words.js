// Codes, times and money in plain words.

/** @typedef {import("./wire.js").Ranking} Ranking */

/** @type {Readonly<Record<string, string>>} */
const reasons = {
  origin_unreachable: "it cannot be reached",
  origin_timeout: "it took too long",
  origin_error: "it answered with an error",
  origin_overloaded: "it is overloaded",
  origin_auth: "it refused the gateway's key",
  origin_model: "it does not serve the model",
  origin_bad_output: "what it answered cannot be used",
  origin_rejected: "it refused the request",
  origin_context: "the text is too long for it",
  circuit_open: "it was down a moment ago and is passed over",
  gemini_unreachable: "it cannot be reached",
  gemini_timeout: "it took too long",
  gemini_error: "it answered with an error",
  gemini_quota: "its quota is spent",
  gemini_blocked: "it would not process this text",
  gemini_bad_output: "what it answered cannot be used",
  budget_spent: "the budget for paid calls is spent",
  egress: "the text may not leave the house",
  deadline: "the time budget ran out",
};

/** Why something did not answer; a code that is new is told as it is. @param {string | null} reason */
export const reasonInWords = (reason) =>
  reason === null ? "no reason was given" : (reasons[reason] ?? reason.replaceAll("_", " "));

/** The one a failover reason is about. @param {string | null} reason */
export function culprit(reason) {
  if (reason?.startsWith("gemini")) return "Gemini";
  return "The origin";
}

/** @param {string} model */
export const isDemonstration = (model) => model.startsWith("embedded-");

/**
 * Who scored, in words.
 * @param {Pick<Ranking, "source" | "model">} ranking
 */
export function rankerInWords({ source, model }) {
  if (source === "gemini") return "Gemini";
  if (source === "lexical") return "Shared words";
  return isDemonstration(model) ? "Demonstration model" : "Self-hosted model";
}

/**
 * The badge: where this ranking comes from. Its sign is a letter, so that colour says nothing alone.
 * @param {Ranking} ranking
 * @returns {{ sign: string, title: string, note: string }}
 */
export function sourceInWords(ranking) {
  const { source, model, cache } = ranking;
  const ranker = rankerInWords(ranking);
  if (cache.status === "hit") {
    return {
      sign: "C",
      title: "From the cache",
      note: `${ranker}, ${model}, ${ageInWords(cache.age_s)}`,
    };
  }
  if (cache.status === "stale") {
    const note = `${ranker}, ${model}, ${ageInWords(cache.age_s)}`;
    return { sign: "S", title: "From the cache, out of date", note };
  }
  switch (source) {
    case "gemini":
      return { sign: "G", title: ranker, note: model };
    case "lexical":
      return { sign: "L", title: ranker, note: "computed in the gateway, no model was asked" };
    default: {
      const demonstration = `${model}: 28 MB on the CPU, for a first look`;
      const note = isDemonstration(model) ? demonstration : model;
      return { sign: isDemonstration(model) ? "D" : "M", title: ranker, note };
    }
  }
}

/** @param {string | null} source @param {string | null} model */
export function summarizerInWords(source, model) {
  switch (source) {
    case "gemini":
      return `by Gemini, ${model}`;
    case "origin":
      return `by the self-hosted model, ${model}`;
    case "extractive":
      return "sentences of the text, no model was asked";
    default:
      return "";
  }
}

/** @param {number} ms */
export function timeInWords(ms) {
  if (ms > 0 && ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}

/** @param {number | null} seconds */
export function ageInWords(seconds) {
  if (seconds === null) return "age unknown";
  if (seconds < 5) return "stored just now";
  const units = /** @type {const} */ ([
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
    ["second", 1],
  ]);
  const [name, size] = units.find(([, each]) => seconds >= each) ?? units[3];
  const count = Math.floor(seconds / size);
  return `stored ${count} ${name}${count === 1 ? "" : "s"} ago`;
}

/** US dollars; null is not 0. @param {number | null} usd */
export function moneyInWords(usd) {
  if (usd === null) return "not known";
  if (usd === 0) return "$0";
  return usd < 0.01 ? `$${usd.toFixed(8).replace(/0+$/, "")}` : `$${usd.toFixed(4)}`;
}

/** @param {number} count @param {string} one */
export const counted = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;
