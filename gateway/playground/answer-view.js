// The head of the answer, the notice above it, and the summary as it is written.
import { byId, element, setShares } from "./element.js";
import { isRunning } from "./run-state.js";
import { counted, reasonInWords, sourceInWords, summarizerInWords, timeInWords } from "./words.js";

/** @typedef {import("./run-state.js").RunState} RunState */
/** @typedef {import("./run-state.js").Answer} Answer */
/** @typedef {import("./notice.js").Notice} Notice */

/** @param {() => void} onRetry */
export function createAnswerView(onRetry) {
  const panel = byId("answer", HTMLElement);
  const box = byId("notice", HTMLElement);
  const head = byId("head", HTMLElement);
  const summaryPart = byId("summary-part", HTMLElement);
  const summaryBy = byId("summary-by", HTMLElement);
  const summary = byId("summary", HTMLElement);
  const retrySummary = byId("retry-summary", HTMLButtonElement);
  retrySummary.addEventListener("click", onRetry);
  /** @type {string} */
  let told = "";

  return {
    /** On a phone the answer lies below the form. */
    reveal() {
      if (panel.getBoundingClientRect().top > innerHeight * 0.7) panel.scrollIntoView();
    },

    /** @param {Notice | null} notice @param {number} leftSeconds until another try makes sense */
    showNotice(notice, leftSeconds) {
      const now = JSON.stringify([notice, leftSeconds]);
      if (now === told) return;
      // While seconds are counted down the button stays the same element: it may have the focus.
      const again = box.querySelector("button");
      told = now;
      box.hidden = notice === null;
      if (notice === null) return;
      box.dataset["tone"] = notice.tone;
      box.dataset["state"] = notice.state;
      const parts = [element("strong", {}, notice.title), " ", notice.text];
      if (leftSeconds > 0) parts.push(` Try again in ${counted(leftSeconds, "second")}.`);
      if (notice.requestId !== null) {
        parts.push(
          element(
            "span",
            { class: "request-id" },
            "Request ",
            element("code", {}, notice.requestId),
          ),
        );
      }
      const words = element("p", {}, ...parts);
      if (again !== null && notice.retry) {
        box.querySelector("p")?.replaceWith(words);
        return;
      }
      const retry = element("button", { type: "button" }, "Try again");
      retry.addEventListener("click", onRetry);
      box.replaceChildren(words, ...(notice.retry ? [retry] : []));
    },

    /** @param {RunState} state @param {number} themeCount of the run under way */
    show(state, themeCount) {
      const { answer, phase } = state;
      panel.setAttribute("aria-busy", String(isRunning(state)));
      panel.dataset["phase"] = phase;
      if (answer === null) {
        head.replaceChildren(
          ...(phase === "ranking"
            ? [element("p", { class: "soft" }, `Ranking ${counted(themeCount, "theme")}…`)]
            : []),
        );
        return;
      }
      head.replaceChildren(...headOf(answer));
      showSummary(answer);
    },
  };

  /** @param {Answer} answer */
  function showSummary({ summary: final, summaryPhase, summaryText }) {
    summaryPart.hidden = false;
    summaryPart.dataset["phase"] = summaryPhase;
    summary.textContent = summaryText;
    retrySummary.hidden = summaryPhase !== "unavailable" && summaryPhase !== "cut";
    switch (summaryPhase) {
      case "pending":
        summaryBy.textContent = "being written; the ranking is complete";
        break;
      case "cut":
        summaryBy.textContent = "broken off";
        break;
      case "unavailable":
        summaryBy.textContent = "";
        summary.textContent = `No summary could be had: ${reasonInWords(final?.reason ?? null)}. The ranking is complete.`;
        break;
      case "complete": {
        const by = summarizerInWords(final?.source ?? null, final?.model ?? null);
        summaryBy.textContent = final?.cache.status === "hit" ? `${by}, from the cache` : by;
      }
    }
  }
}

/** @param {Answer} answer */
function headOf({ ranking, rankedMs, earlier }) {
  const { sign, title, note } = sourceInWords(ranking);
  const badge = element(
    "p",
    { class: "badge" },
    element("span", { class: "sign", "data-sign": sign, "aria-hidden": "true" }, sign),
    element(
      "span",
      {},
      element("strong", {}, title),
      element("span", { class: "soft note" }, note),
    ),
  );
  const time = element(
    "p",
    { class: "time" },
    element("strong", {}, timeInWords(rankedMs)),
    element(
      "span",
      { class: "soft" },
      earlier === null ? "to the ranking" : `${timeInWords(earlier.rankedMs)} before`,
    ),
  );
  if (earlier !== null) {
    const pair = element(
      "span",
      { class: "pair", "aria-hidden": "true" },
      element("span", { class: "was" }),
      element("span", { class: "now" }),
    );
    const longest = Math.max(rankedMs, earlier.rankedMs);
    setShares(pair, { was: earlier.rankedMs / longest, now: rankedMs / longest });
    time.append(pair);
  }
  return [badge, time];
}
