// The page: a form, one run at a time, and what is known of it.
import { createAnswerView } from "./answer-view.js";
import { createCodeView } from "./code-view.js";
import { byId, element } from "./element.js";
import { createFormView } from "./form-view.js";
import { noticeOf } from "./notice.js";
import { createRankingView } from "./ranking-view.js";
import { isFilled, questionOf, toRequest } from "./request.js";
import { initialState, isRunning, next } from "./run-state.js";
import { run } from "./run.js";
import { createStatusView } from "./status-view.js";
import { createTextView } from "./text-view.js";
import { createThemesView } from "./themes-view.js";
import { createWaterfallView } from "./waterfall-view.js";
import { counted, sourceInWords, timeInWords } from "./words.js";

/** @typedef {import("./run-state.js").RunEvent} RunEvent */

const runButton = byId("run", HTMLButtonElement);
const cancelButton = byId("cancel", HTMLButtonElement);
const live = byId("live", HTMLElement);

let state = initialState;
/** @type {AbortController | null} */
let underWay = null;
let areCatalogsKnown = false;

const onChange = () => isReady && showForm();
let isReady = false;
const text = createTextView(onChange);
const themes = createThemesView(onChange, async (name) => {
  const stored = await askGateway(`/v1/catalogs/${encodeURIComponent(name)}`);
  return stored?.themes ?? null;
});
const form = createFormView(text, themes, onChange);
const ranking = createRankingView((spans, rankedText) => {
  // What has been edited since is another text: its marks would lie.
  text.mark(rankedText === text.text ? spans : []);
});
const waterfall = createWaterfallView(copy);
const answer = createAnswerView(() => void start());
const code = createCodeView(
  () => toRequest(form.state),
  () =>
    state.answer && {
      ...state.answer.ranking,
      ...state.answer.done,
      summary: state.answer.summary,
    },
  copy,
);
const status = createStatusView();
isReady = true;

const isMac = navigator.platform.startsWith("Mac");

/** @param {string} path */
async function askGateway(path) {
  const headers = form.key === "" ? {} : { authorization: `Bearer ${form.key}` };
  const response = await fetch(path, { headers }).catch(() => null);
  return response?.ok ? response.json() : null;
}

async function start() {
  if (isRunning(state)) return;
  const asked = form.state;
  const body = toRequest(asked);
  const controller = new AbortController();
  underWay = controller;
  form.clearErrors();
  apply({
    step: "started",
    asked: { body, text: asked.text, rows: asked.rows, question: questionOf(body) },
  });
  performance.mark("run");
  for await (const step of run(body, form.key, controller.signal)) {
    apply(step);
    if (step.step === "ranking") markPainted();
  }
  underWay = null;
  if (state.answer?.ranking.degraded || state.failure !== null) status.look();
  if (state.failure === null) await knowCatalogs();
}

/** From the arrival of the ranking until a frame with it is on the screen. */
function markPainted() {
  performance.mark("ranking-arrived");
  requestAnimationFrame(() =>
    setTimeout(() => performance.measure("ranking-painted", "ranking-arrived")),
  );
}

/** A key that ranks may list them; before, the question could be refused. */
async function knowCatalogs() {
  if (areCatalogsKnown) return;
  areCatalogsKnown = true;
  const listed = await askGateway("/v1/catalogs");
  const names = (listed?.catalogs ?? []).map((/** @type {{ name: string }} */ { name }) => name);
  themes.offerCatalogs(names);
}

/** @param {RunEvent} event */
function apply(event) {
  state = next(state, event, performance.now());
  show();
  announce(event);
  if (event.step === "failed" && event.failure.kind === "problem") {
    const { problem } = event.failure;
    const { errors = [] } = problem;
    if (problem.status === 401) return form.askForKey();
    if (errors.length > 0) return form.showErrors(errors, state.asked?.rows ?? []);
  }
  if (event.step === "ranking" || event.step === "failed") answer.reveal();
}

function show() {
  showForm();
  const asked = state.asked;
  const count = countOf(asked?.rows ?? []);
  if (state.answer !== null) {
    ranking.show(state.answer);
    waterfall.show(state.answer);
  }
  const { failure } = state;
  if (failure?.kind === "problem" && (failure.problem.attempts?.length ?? 0) > 0) {
    const totalMs = state.endedMs - state.startedMs;
    waterfall.showFailed(failure.problem.attempts ?? [], failure.metrics, totalMs);
  }
  answer.show(state, count);
  cancelButton.hidden = !isRunning(state);
  tick();
}

/** What follows the form at once: the button, the invitation, the code. */
function showForm() {
  const count = counted(countOf(themes.rows), "theme");
  if (!isRunning(state)) {
    runButton.replaceChildren(`Rank ${count} `, element("kbd", {}, isMac ? "⌘ ↵" : "Ctrl ↵"));
  }
  runButton.setAttribute("aria-disabled", String(isRunning(state)));
  code.show();
  // Before the first answer its rows stand there, in the order of the request.
  ranking.wait(themes.rows.filter(isFilled).map(({ label }) => label));
  if (state.phase === "empty") answer.showNotice(noticeOf(state, countOf(themes.rows)), 0);
}

/** What changes by itself: the seconds of a run, and those until another try makes sense. */
function tick() {
  const nowMs = performance.now();
  if (isRunning(state)) {
    const seconds = ((nowMs - state.startedMs) / 1_000).toFixed(1);
    runButton.replaceChildren(
      `${state.phase === "ranking" ? "Ranking" : "Summarising"} ${seconds} s`,
    );
  }
  const notice = noticeOf(state, countOf(themes.rows));
  const untilMs = state.endedMs + (notice?.waitSeconds ?? 0) * 1_000;
  answer.showNotice(notice, Math.max(0, Math.ceil((untilMs - nowMs) / 1_000)));
}
setInterval(() => {
  if (isRunning(state) || state.failure !== null) tick();
}, 250);

/** One line for those who listen; the seconds are left out. @param {RunEvent} event */
function announce(event) {
  const line = lineOf(event);
  if (line !== null) live.textContent = line;
}

/** @param {RunEvent} event */
function lineOf(event) {
  const notice = noticeOf(state, countOf(themes.rows));
  const told = notice === null ? "" : ` ${notice.title} ${notice.text}`;
  switch (event.step) {
    case "started":
      return `Ranking ${counted(countOf(event.asked.rows), "theme")}.`;
    case "ranking": {
      const [first] = event.ranking.themes;
      const best = first === undefined ? "" : ` First: ${first.label}, ${first.score}.`;
      const took = timeInWords(performance.now() - state.startedMs);
      return `Ranked in ${took}: ${sourceInWords(event.ranking).title}.${best}${told}`;
    }
    case "summary":
      return event.summary.status === "complete"
        ? "The summary is complete."
        : "No summary could be had.";
    case "failed":
      return told.trim();
    default:
      return null;
  }
}

/** @param {readonly import("./import-themes.js").ThemeRow[]} rows */
function countOf(rows) {
  return rows.filter(isFilled).length;
}

/**
 * @param {string} copied
 * @param {HTMLButtonElement} button
 */
function copy(copied, button) {
  const tell = (/** @type {boolean} */ done) => {
    live.textContent = done ? "Copied." : "The browser did not let it be copied.";
    button.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => {
      button.textContent = "Copy";
    }, 1_500);
  };
  navigator.clipboard.writeText(copied).then(
    () => tell(true),
    () => tell(false),
  );
}

byId("form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void start();
});
cancelButton.addEventListener("click", () => {
  underWay?.abort();
  runButton.focus();
});
document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") !== null) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    void start();
  } else if (event.key === "Escape") underWay?.abort();
});
addEventListener(
  "online",
  () => live.textContent === "" || (live.textContent = "You are online again."),
);
show();
