// The dot in the header: what GET /v1/status says of the gateway, in words.
import { byId } from "./element.js";
import { isDemonstration, reasonInWords } from "./words.js";

/** @typedef {import("./wire.js").Status} Status */

const everyMs = 30_000;

/**
 * @param {Status} status
 * @returns {{ tone: "good" | "warning", words: string }}
 */
export function statusInWords({ rankers }) {
  const [first, second] = rankers.filter(({ configured }) => configured);
  if (first === undefined) return { tone: "warning", words: "No ranker is configured" };
  const name = nameOf(first);
  if (first.state === "closed") return { tone: "good", words: `${name} is up` };
  if (first.state === "half-open") return { tone: "warning", words: `${name} is coming back` };
  const stead = second === undefined ? "" : `; ${nameOf(second)} stands in`;
  return { tone: "warning", words: `${name} is down, ${reasonInWords(first.reason)}${stead}` };
}

/** @param {import("./wire.js").Provider} provider */
function nameOf({ source, model }) {
  if (source === "gemini") return "Gemini";
  if (source === "lexical") return "Ranking by shared words";
  return isDemonstration(model ?? "") ? "The demonstration model" : `The origin (${model})`;
}

/** Asks now and then, while the tab is looked at. */
export function createStatusView() {
  const part = byId("status", HTMLElement);
  const words = byId("status-words", HTMLElement);
  const ask = async () => {
    const told = await fetch("/v1/status")
      .then(async (response) => (response.ok ? statusInWords(await response.json()) : null))
      .catch(() => null);
    part.dataset["tone"] = told?.tone ?? "failure";
    words.textContent = told?.words ?? "The gateway does not answer";
  };
  const look = () => {
    if (document.visibilityState === "visible" && navigator.onLine) void ask();
  };
  setInterval(look, everyMs);
  document.addEventListener("visibilitychange", look);
  addEventListener("online", look);
  look();
  return { look };
}
