// The themes as rows to edit, catalogues to choose from, and what is pasted.
import { byId, element } from "./element.js";
import { importThemes } from "./import-themes.js";
import life from "./life.json" with { type: "json" };
import { isFilled } from "./request.js";
import { counted } from "./words.js";

/** @typedef {import("./import-themes.js").ThemeRow} ThemeRow */

/**
 * @param {() => void} onChange
 * @param {(name: string) => Promise<ThemeRow[] | null>} fetchCatalog null = it cannot be had
 */
export function createThemesView(onChange, fetchCatalog) {
  const list = byId("themes", HTMLOListElement);
  const picker = byId("catalog", HTMLSelectElement);
  const hint = byId("themes-hint", HTMLElement);
  const count = byId("theme-count", HTMLElement);
  const error = byId("themes-error", HTMLElement);
  /** @type {ThemeRow[]} */
  let rows = [];

  const items = () => /** @type {HTMLLIElement[]} */ ([...list.children]);
  const labelInput = (/** @type {number} */ index) => items()[index]?.querySelector("input");

  const changed = () => {
    count.textContent = String(rows.filter(isFilled).length);
    hint.textContent = hintOf(rows);
    onChange();
  };
  const edited = () => {
    picker.value = "";
    changed();
  };

  const itemOf = (/** @type {ThemeRow} */ row) => {
    const [label, text] = /** @type {const} */ (["label", "description"]).map((part) => {
      const input = element("input", {
        class: part,
        placeholder: part === "label" ? "Label" : "What belongs to it",
        autocomplete: "off",
      });
      input.value = row[part];
      input.addEventListener("input", () => {
        row[part] = input.value;
        edited();
      });
      return input;
    });
    const remove = element("button", { type: "button", class: "quiet" }, "×");
    const item = element(
      "li",
      {},
      label ?? "",
      text ?? "",
      remove,
      element("p", { class: "error" }),
    );
    remove.addEventListener("click", () => {
      const index = rows.indexOf(row);
      rows.splice(index, 1);
      item.remove();
      number();
      edited();
      (labelInput(Math.min(index, rows.length - 1)) ?? addButton).focus();
    });
    // Enter goes on to the next theme, as in a spreadsheet; it would send the form otherwise.
    item.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.target === remove)
        return;
      event.preventDefault();
      const index = rows.indexOf(row);
      if (index === rows.length - 1) add();
      else labelInput(index + 1)?.focus();
    });
    return item;
  };
  const number = () => {
    for (const [index, item] of items().entries()) {
      const [label, text] = item.querySelectorAll("input");
      const [remove, problem] = [item.querySelector("button"), item.querySelector("p")];
      label?.setAttribute("aria-label", `Label of theme ${index + 1}`);
      text?.setAttribute("aria-label", `Description of theme ${index + 1}`);
      remove?.setAttribute("aria-label", `Remove theme ${index + 1}`);
      if (problem) problem.id = `theme-${index}-error`;
    }
  };
  const show = (/** @type {readonly ThemeRow[]} */ themes) => {
    rows = themes.map((theme) => ({ ...theme }));
    list.replaceChildren(...rows.map(itemOf));
    list.scrollTop = 0;
    number();
  };
  const add = () => {
    const row = { label: "", description: "" };
    rows.push(row);
    list.append(itemOf(row));
    number();
    edited();
    labelInput(rows.length - 1)?.focus();
  };

  const addButton = byId("add-theme", HTMLButtonElement);
  addButton.addEventListener("click", add);
  const offer = (/** @type {string} */ name, /** @type {string} */ words) => {
    const known = [...picker.options].some(({ value }) => value === name);
    if (!known) picker.append(element("option", { value: name }, words));
  };
  offer("life", "life, built in");
  offer("", "own list");
  const choose = async (/** @type {string} */ name) => {
    if (name === "") return changed();
    const themes = name === "life" ? life : await fetchCatalog(name);
    if (themes === null) {
      picker.value = "";
      error.textContent = "This catalogue cannot be had now.";
      return;
    }
    error.textContent = "";
    show(themes);
    changed();
  };
  picker.addEventListener("change", () => void choose(picker.value));

  openPaste((themes, replace) => {
    show(replace ? themes : [...rows.filter(isFilled), ...themes]);
    edited();
  });
  show(life);
  picker.value = "life";
  changed();

  return {
    get rows() {
      return rows.map((row) => ({ ...row }));
    },
    get catalog() {
      return picker.value;
    },
    picker,
    error,
    /** @param {readonly string[]} names stored ones, beside the built-in */
    offerCatalogs(names) {
      for (const name of names) offer(name, name);
    },
    /** @param {number} index @param {"label" | "description"} part @param {string} detail */
    showRowError(index, part, detail) {
      const item = items()[index];
      const input = item?.querySelector(`input.${part}`);
      const problem = item?.querySelector("p");
      if (!(input instanceof HTMLInputElement) || !problem) return null;
      problem.textContent = detail;
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", problem.id);
      return input;
    },
    clearErrors() {
      error.textContent = "";
      for (const problem of list.querySelectorAll("p")) problem.textContent = "";
      for (const input of list.querySelectorAll("[aria-invalid]")) {
        input.removeAttribute("aria-invalid");
        input.removeAttribute("aria-describedby");
      }
    },
  };
}

/** @param {readonly ThemeRow[]} rows */
function hintOf(rows) {
  const filled = rows.filter(isFilled);
  const ids = filled.map(({ id, label }) => (id ?? label).normalize("NFC").trim());
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) return `“${twice}” is there twice; each theme needs a name of its own.`;
  const bare = filled.filter(({ description }) => description.trim() === "").length;
  if (bare === 0 || filled.length === 0) return "";
  return `${counted(bare, "theme")} without a description. Descriptions make rankings better.`;
}

/** @param {(themes: ThemeRow[], replace: boolean) => void} onTake */
function openPaste(onTake) {
  const dialog = byId("paste", HTMLDialogElement);
  const input = byId("paste-text", HTMLTextAreaElement);
  const error = byId("paste-error", HTMLElement);
  byId("paste-themes", HTMLButtonElement).addEventListener("click", () => {
    error.textContent = "";
    dialog.showModal();
    input.focus();
  });
  for (const [id, replace] of /** @type {const} */ ([
    ["paste-replace", true],
    ["paste-append", false],
  ])) {
    byId(id, HTMLButtonElement).addEventListener("click", () => {
      const read = importThemes(input.value);
      error.textContent = read.ok ? "" : read.why;
      if (!read.ok) {
        input.focus();
        return;
      }
      onTake(read.themes, replace);
      input.value = "";
      dialog.close();
    });
  }
}
