// The ranked themes as bars with numbers; choosing one shows what speaks for it.
import { byId, element, setShares } from "./element.js";
import { quotesOf } from "./evidence.js";

/** @typedef {import("./run-state.js").Answer} Answer */
/** @typedef {import("./wire.js").RankedTheme} RankedTheme */
/** @typedef {import("./wire.js").Span} Span */

const firstShown = 10;

/** @param {(spans: readonly Span[], text: string) => void} onEvidence what is to be marked in the text that was ranked */
export function createRankingView(onEvidence) {
  const list = byId("ranking", HTMLOListElement);
  const showAll = byId("show-all", HTMLButtonElement);
  const columns = byId("columns", HTMLElement);
  /** @type {Answer["ranking"] | null} */
  let shown = null;
  let isLong = false;

  showAll.addEventListener("click", () => {
    isLong = !isLong;
    fold();
  });
  const fold = () => {
    const items = /** @type {HTMLElement[]} */ ([...list.children]);
    for (const [index, item] of items.entries()) item.hidden = !isLong && index >= firstShown;
    showAll.hidden = items.length <= firstShown;
    showAll.textContent = isLong ? `Show the first ${firstShown}` : `Show all ${items.length}`;
    showAll.setAttribute("aria-expanded", String(isLong));
  };

  const itemOf = (/** @type {RankedTheme} */ theme, /** @type {string} */ text) => {
    const { rank, label, score, confidence, evidence = [] } = theme;
    const bar = element(
      "span",
      { class: "bar-track", "aria-hidden": "true" },
      element("span", { class: "bar-fill" }),
    );
    setShares(bar, { score: score / 100 });
    if (confidence !== null) {
      // 1 - sd / 4.5, the ratings being 0-9: back to points of 100.
      const sd = (1 - confidence) * 50;
      const [low, high] = [Math.max(0, score - sd), Math.min(100, score + sd)];
      const spread = element("span", { class: "spread" });
      setShares(spread, { low: low / 100, wide: (high - low) / 100 });
      bar.append(spread);
    }
    const told =
      confidence === null
        ? element("span", { class: "confidence soft" }, hidden("no confidence"), still("–"))
        : element(
            "span",
            { class: "confidence soft" },
            hidden("confidence "),
            confidence.toFixed(2),
          );
    const button = element(
      "button",
      { type: "button", class: "theme", "aria-expanded": "false" },
      element("span", { class: "rank soft" }, String(rank)),
      element("span", { class: "name", dir: "auto" }, label),
      bar,
      element("span", { class: "score" }, score.toFixed(1)),
      told,
    );
    const quotes = quotesOf(text, evidence);
    const detail = element(
      "div",
      { class: "quotes", hidden: true },
      ...(quotes.length > 0
        ? quotes.map((quote) => element("blockquote", { dir: "auto" }, quote))
        : [
            element(
              "p",
              { class: "soft" },
              "No sentence is named: only themes of the summary have evidence.",
            ),
          ]),
    );
    const item = element("li", { class: evidence.length > 0 ? "in-summary" : "" }, button, detail);
    const point = () => onEvidence(evidence, text);
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      detail.hidden = !open;
      point();
    });
    button.addEventListener("focus", point);
    button.addEventListener("pointerenter", point);
    return item;
  };
  // What was pointed at goes; what the cursor of the keyboard is on stays.
  list.addEventListener("pointerleave", () => {
    const focused = list.querySelector("button:focus");
    if (focused === null) onEvidence([], "");
    else focused.dispatchEvent(new Event("focus"));
  });
  list.addEventListener("focusout", () => onEvidence([], ""));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    const buttons = [...list.querySelectorAll("button")].filter(
      (each) => each.offsetParent !== null,
    );
    const to = buttons[buttons.findIndex((each) => each === document.activeElement) + step];
    if (to === undefined) return;
    event.preventDefault();
    to.focus();
  });

  return {
    /** Rows in the order of the request, with nothing in them yet. @param {readonly string[]} labels */
    wait(labels) {
      if (shown !== null) return;
      list.replaceChildren(
        ...labels
          .slice(0, firstShown)
          .map((label) =>
            element(
              "li",
              { class: "waiting" },
              element(
                "span",
                { class: "theme" },
                element("span", { class: "rank" }),
                element("span", { class: "name", dir: "auto" }, label),
                element("span", { class: "bar-track" }),
              ),
            ),
          ),
      );
      showAll.hidden = true;
    },
    /** @param {Answer} answer */
    show({ ranking, asked }) {
      if (ranking === shown) return;
      shown = ranking;
      isLong = false;
      columns.hidden = false;
      list.replaceChildren(...ranking.themes.map((theme) => itemOf(theme, asked.text)));
      fold();
    },
  };
}

/** @param {string} text */
const hidden = (text) => element("span", { class: "hidden" }, text);
/** @param {string} text */
const still = (text) => element("span", { "aria-hidden": "true" }, text);
