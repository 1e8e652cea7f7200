// From the form to the body of POST /v1/analyze, and from a pointer in a problem back to the field.

/** @typedef {import("./import-themes.js").ThemeRow} ThemeRow */

/**
 * @typedef {object} FormState
 * @property {string} text
 * @property {string} catalog name of the catalogue that the rows are, unchanged; empty = the rows are one's own
 * @property {ThemeRow[]} rows
 * @property {Record<OptionName, string>} options as typed; empty = the service's default
 * @property {string[]} sources
 * @property {boolean} allSources
 */
/** @typedef {"top_k" | "min_score" | "max_themes" | "language" | "timeout_ms" | "cache"} OptionName */

/** @typedef {Record<string, unknown>} RequestBody */

/**
 * A number where one was typed; what is none is sent as it is, for the service to refuse by name.
 * @param {string} typed
 */
function numberOf(typed) {
  const number = Number(typed.trim().replace(",", "."));
  return Number.isFinite(number) ? number : typed;
}

/** Rows that hold nothing are not sent. @param {ThemeRow} row */
export const isFilled = ({ label, description }) =>
  label.trim() !== "" || description.trim() !== "";

/**
 * @param {FormState} form
 * @returns {RequestBody}
 */
export function toRequest({ text, catalog, rows, options, sources, allSources }) {
  const { top_k, min_score, max_themes, language, timeout_ms, cache } = options;
  const themes = rows.filter(isFilled).map(({ id, label, description }) => {
    if (id === undefined && description.trim() === "") return label;
    return { ...(id !== undefined && { id }), label, ...(description !== "" && { description }) };
  });
  const summary = {
    ...(max_themes !== "" && { max_themes: numberOf(max_themes) }),
    ...(language !== "" && { language }),
  };
  return {
    text,
    ...(catalog === "" ? { themes } : { catalog }),
    ...(top_k !== "" && { top_k: numberOf(top_k) }),
    ...(min_score !== "" && { min_score: numberOf(min_score) }),
    ...(timeout_ms !== "" && { timeout_ms: numberOf(timeout_ms) }),
    ...(cache !== "default" && { cache }),
    ...(!allSources && { sources }),
    ...(Object.keys(summary).length > 0 && { summary }),
    evidence: true,
  };
}

/**
 * What makes two runs the same question, whatever their options.
 * @param {RequestBody} body
 */
export const questionOf = ({ text, themes, catalog }) => JSON.stringify([text, themes ?? catalog]);

/** @typedef {{ field: "text" | "themes" | "catalog" | "options" } | { field: "row", row: number, part: "label" | "description" } | { field: "option", name: OptionName }} Place */

/**
 * Where a problem's JSON pointer belongs in the form.
 * @param {string} pointer into the body that was sent
 * @param {readonly ThemeRow[]} rows as they were when it was sent
 * @returns {Place}
 */
export function placeOf(pointer, rows) {
  const [, field = "", second = "", third = ""] = pointer.split("/");
  if (field === "text") return { field };
  if (field === "catalog") return { field };
  if (field === "themes") {
    const sent = rows.flatMap((row, index) => (isFilled(row) ? [index] : []));
    const row = second === "" ? undefined : sent[Number(second)];
    if (row === undefined) return { field };
    return { field: "row", row, part: third === "description" ? "description" : "label" };
  }
  const name = field === "summary" ? second : field;
  switch (name) {
    case "top_k":
    case "min_score":
    case "max_themes":
    case "language":
    case "timeout_ms":
    case "cache":
      return { field: "option", name };
    default:
      return { field: "options" };
  }
}
