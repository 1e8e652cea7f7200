// Where the time of a run went: what the service tells (Server-Timing, attempts) and what the tab saw.

/** @typedef {import("./wire.js").Attempt} Attempt */

/**
 * @typedef {object} Leg
 * @property {string} name
 * @property {"cache" | "model" | "summary" | "rest"} kind
 * @property {number} startMs
 * @property {number} durationMs
 * @property {string | null} reason why it failed or was not asked
 * @property {boolean} asked
 */

/** @typedef {{ name: string, durationMs: number, description: string }} Metric */

/**
 * Server-Timing (W3C), as far as it is used here.
 * @param {string | null} header
 * @returns {Metric[]}
 */
export function parseServerTiming(header) {
  if (header === null) return [];
  return header.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).flatMap((entry) => {
    const [name = "", ...parameters] = entry.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/);
    const value = (/** @type {string} */ key) =>
      parameters
        .map((each) => each.trim())
        .find((each) => each.toLowerCase().startsWith(`${key}=`))
        ?.slice(key.length + 1)
        .replace(/^"(.*)"$/, "$1") ?? "";
    const durationMs = Number(value("dur"));
    if (name.trim() === "" || !Number.isFinite(durationMs)) return [];
    return [{ name: name.trim(), durationMs, description: value("desc") }];
  });
}

/**
 * The legs up to the ranking, then the summary's.
 * @param {object} run
 * @param {readonly Metric[]} run.metrics
 * @param {readonly Attempt[]} run.attempts
 * @param {number} run.rankedMs from the press of the key to the ranking in the tab
 * @param {number | null} run.summarisedMs to the summary; null = it is not there (yet)
 * @param {string} run.summaryName
 * @param {string | null} run.summaryReason
 * @returns {Leg[]}
 */
export function legsOf({ metrics, attempts, rankedMs, summarisedMs, summaryName, summaryReason }) {
  /** @type {Leg[]} */
  const legs = [];
  // An attempt's time holds its look into the cache, so both begin at once.
  const looked = metrics.find(({ name }) => name === "cache");
  if (looked !== undefined) legs.push(leg("Cache", "cache", 0, looked.durationMs));
  let at = 0;
  for (const { source, outcome, reason, duration_ms } of attempts) {
    const failed = outcome === "ok" ? null : (reason ?? outcome);
    legs.push({
      ...leg(rankerName(source), "model", at, duration_ms),
      reason: failed,
      asked: outcome !== "skipped",
    });
    at += duration_ms;
  }
  const spent = Math.min(rankedMs, Math.max(at, looked?.durationMs ?? 0));
  legs.push(leg("Gateway and network", "rest", spent, rankedMs - spent));
  if (summarisedMs !== null) {
    const summary = leg(summaryName, "summary", rankedMs, Math.max(0, summarisedMs - rankedMs));
    legs.push({ ...summary, reason: summaryReason });
  }
  return legs;
}

/**
 * @param {string} name
 * @param {Leg["kind"]} kind
 * @param {number} startMs
 * @param {number} durationMs
 * @returns {Leg}
 */
function leg(name, kind, startMs, durationMs) {
  return { name, kind, startMs, durationMs, reason: null, asked: true };
}

/** @param {string} source */
const rankerName = (source) =>
  ({ origin: "Origin", gemini: "Gemini", lexical: "Shared words" })[source] ?? source;
