// Themes that somebody pasted: JSON as the API takes it, CSV, or lines from a spreadsheet.

/** @typedef {{ id?: string, label: string, description: string }} ThemeRow */
/** @typedef {{ ok: true, themes: ThemeRow[] } | { ok: false, why: string }} Imported */

/** More than the service takes in one request; it says so itself, beside the field. */
const maxRows = 500;

/**
 * @param {string} pasted
 * @returns {Imported}
 */
export function importThemes(pasted) {
  const text = pasted.replace(/^\uFEFF/, "").trim();
  if (text === "") return refuse("Nothing is pasted yet.");
  const read = /^[[{]/.test(text) ? fromJson(text) : fromLines(text);
  if (!read.ok) return read;
  if (read.themes.length === 0) return refuse("No theme is in there.");
  if (read.themes.length > maxRows) return refuse(`More than ${maxRows} themes are in there.`);
  return read;
}

/** @param {string} why @returns {Imported} */
const refuse = (why) => ({ ok: false, why });

/** @param {string} text @returns {Imported} */
function fromJson(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(
      "This begins like JSON and is none: look for a comma or a quote that is missing.",
    );
  }
  const list = Array.isArray(value) ? value : (value?.themes ?? null);
  if (!Array.isArray(list)) return refuse('Expected a list, or an object with a list "themes".');
  /** @type {ThemeRow[]} */
  const themes = [];
  for (const [index, each] of list.entries()) {
    const theme = typeof each === "string" ? { label: each } : each;
    if (typeof theme?.label !== "string") return refuse(`Theme ${index + 1} has no label.`);
    const { id, label, description } = theme;
    themes.push({
      ...(typeof id === "string" && { id }),
      label,
      description: typeof description === "string" ? description : "",
    });
  }
  return { ok: true, themes };
}

/** @param {string} text @returns {Imported} */
function fromLines(text) {
  const separator = text.includes("\t") ? "\t" : /^[^,\n]*;/.test(text) ? ";" : ",";
  const rows = cellsOf(text, separator).filter((cells) => cells.some((cell) => cell !== ""));
  const [head = []] = rows;
  const named = head.map((cell) => cell.toLowerCase());
  const hasHead = named.includes("label");
  const column = (/** @type {string} */ name, /** @type {number} */ otherwise) =>
    hasHead ? named.indexOf(name) : otherwise;
  const [idAt, labelAt, textAt] = [column("id", -1), column("label", 0), column("description", 1)];
  const themes = rows.slice(hasHead ? 1 : 0).map((cells) => {
    // A comma that nobody quoted belongs to the description.
    const rest = hasHead ? (cells[textAt] ?? "") : cells.slice(textAt).join(`${separator} `);
    const id = cells[idAt];
    return { ...(id && { id }), label: cells[labelAt] ?? "", description: rest };
  });
  return { ok: true, themes: themes.filter(({ label }) => label !== "") };
}

/**
 * CSV (RFC 4180): quoted cells may hold separators, line breaks and doubled quotes.
 * @param {string} text
 * @param {string} separator
 */
function cellsOf(text, separator) {
  /** @type {string[][]} */
  const rows = [[]];
  let cell = "";
  let quoted = false;
  const push = () => {
    rows.at(-1)?.push(cell.trim());
    cell = "";
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text.charAt(at + 1) === '"') {
        cell += char;
        at += 1;
      } else quoted = false;
    } else if (char === '"' && cell.trim() === "") {
      quoted = true;
      cell = "";
    } else if (char === separator) push();
    else if (char === "\n") {
      push();
      rows.push([]);
    } else cell += char;
  }
  push();
  return rows;
}
