// Where the time went, leg by leg, and what it cost.
import { byId, element, setShares } from "./element.js";
import { legsOf } from "./timeline.js";
import { moneyInWords, reasonInWords, timeInWords } from "./words.js";

/** @typedef {import("./run-state.js").Answer} Answer */
/** @typedef {import("./timeline.js").Leg} Leg */

/** @param {(text: string, button: HTMLButtonElement) => void} onCopy */
export function createWaterfallView(onCopy) {
  const part = byId("timing-part", HTMLElement);
  const waterfall = byId("waterfall", HTMLElement);
  const receipt = byId("receipt", HTMLElement);

  return {
    /** @param {Answer} answer */
    show(answer) {
      part.hidden = false;
      const { ranking, metrics, rankedMs, earlier, summary, summarisedMs, done } = answer;
      const isRanked = (/** @type {Leg} */ { kind }) => kind !== "summary";
      const legs = legsOf({
        metrics,
        attempts: ranking.attempts,
        rankedMs,
        summarisedMs,
        summaryName: summaryName(answer),
        summaryReason: summary?.status === "unavailable" ? summary.reason : null,
      });
      const total = summarisedMs ?? rankedMs;
      const scale = Math.max(total, earlier?.rankedMs ?? 0, 1);
      const rows = legs.filter(isRanked).map((leg) => rowOf(leg, scale));
      rows.push(rowOf(legOf("Ranking, in all", "total", rankedMs), scale));
      if (earlier !== null) {
        rows.push(
          rowOf(legOf(`Before, ${briefly(earlier.ranking)}`, "earlier", earlier.rankedMs), scale),
        );
      }
      rows.push(...legs.filter((leg) => !isRanked(leg)).map((leg) => rowOf(leg, scale)));
      waterfall.replaceChildren(element("ol", { class: "waterfall" }, ...rows));
      waterfall.setAttribute("data-scale", timeInWords(scale));
      receipt.replaceChildren(...receiptOf(ranking, done ?? ranking, onCopy));
    },
    /**
     * What was tried, where nobody answered.
     * @param {readonly import("./wire.js").Attempt[]} attempts
     * @param {import("./timeline.js").Metric[]} metrics
     * @param {number} totalMs
     */
    showFailed(attempts, metrics, totalMs) {
      part.hidden = false;
      const legs = legsOf({
        metrics,
        attempts,
        rankedMs: totalMs,
        summarisedMs: null,
        summaryName: "",
        summaryReason: null,
      });
      const rows = legs.map((leg) => rowOf(leg, Math.max(totalMs, 1)));
      waterfall.replaceChildren(element("ol", { class: "waterfall" }, ...rows));
      receipt.replaceChildren();
    },
  };
}

/** @param {import("./wire.js").Ranking} ranking */
function briefly({ source, cache }) {
  if (cache.status === "hit" || cache.status === "stale") return "cache";
  return { origin: "model", gemini: "Gemini", lexical: "words" }[source];
}

/** @param {Answer} answer */
function summaryName({ summary }) {
  if (summary === null) return "Summary";
  if (summary.cache.status === "hit") return "Summary, cache";
  const by = { gemini: "Gemini", origin: "origin", extractive: "extract" };
  return summary.source === null ? "Summary" : `Summary, ${by[summary.source]}`;
}

/**
 * @param {string} name
 * @param {"total" | "earlier"} kind
 * @param {number} durationMs
 */
const legOf = (name, kind, durationMs) => ({
  name,
  kind,
  startMs: 0,
  durationMs,
  reason: null,
  asked: true,
});

/**
 * @param {Omit<Leg, "kind"> & { kind: string }} leg
 * @param {number} scaleMs
 */
function rowOf({ name, kind, startMs, durationMs, reason, asked }, scaleMs) {
  const bar = element("span", { class: "leg", "data-kind": kind, "data-failed": reason !== null });
  setShares(bar, { from: startMs / scaleMs, wide: durationMs / scaleMs });
  const why = asked ? "failed" : "not asked";
  const time = asked ? timeInWords(durationMs) : "";
  return element(
    "li",
    {},
    element("span", { class: "leg-name" }, name),
    element("span", { class: "leg-track", "aria-hidden": "true" }, bar),
    element("span", { class: "leg-time" }, time),
    ...(reason === null
      ? []
      : [element("span", { class: "leg-why" }, `${why}: ${reasonInWords(reason)}`)]),
  );
}

/**
 * @param {import("./wire.js").Ranking} ranking
 * @param {import("./wire.js").Done} done
 * @param {(text: string, button: HTMLButtonElement) => void} onCopy
 */
function receiptOf({ id }, { usage, processing_time_ms }, onCopy) {
  const copy = element("button", { type: "button", class: "quiet" }, "Copy");
  copy.setAttribute("aria-label", "Copy the request id");
  copy.addEventListener("click", () => onCopy(id, copy));
  const { prompt_tokens, completion_tokens, cost_usd, saved_usd } = usage;
  const tokens =
    prompt_tokens === null
      ? "not known"
      : `${prompt_tokens.toLocaleString("en")} in, ${(completion_tokens ?? 0).toLocaleString("en")} out`;
  /** @type {[string, (Node | string)[]][]} */
  const rows = [
    ["Cost", [moneyInWords(cost_usd)]],
    ["Saved", [moneyInWords(saved_usd)]],
    ["Tokens", [tokens]],
    ["In the gateway", [timeInWords(processing_time_ms)]],
    ["Request", [element("code", {}, id), " ", copy]],
  ];
  return rows.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, ...value)),
  );
}
