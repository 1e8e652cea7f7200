// The rest of the form: options, the key, the buttons, and messages beside the fields.
import { byId } from "./element.js";
import { placeOf } from "./request.js";

/** @typedef {import("./request.js").OptionName} OptionName */
/** @typedef {import("./wire.js").FieldError} FieldError */

/** @type {readonly OptionName[]} */
const optionNames = ["top_k", "min_score", "max_themes", "language", "timeout_ms", "cache"];
/** In the tab's own storage: gone when it is closed, unknown to other tabs. */
const keyName = "themerank.key";

/**
 * @param {ReturnType<typeof import("./text-view.js").createTextView>} text
 * @param {ReturnType<typeof import("./themes-view.js").createThemesView>} themes
 * @param {() => void} onChange
 */
export function createFormView(text, themes, onChange) {
  const options = byId("options", HTMLDetailsElement);
  const optionsError = byId("options-error", HTMLElement);
  const fields = new Map(
    optionNames.map((name) => {
      const field = document.getElementById(name);
      if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) {
        throw new TypeError(`index.html has no field #${name}`);
      }
      return [name, field];
    }),
  );
  const boxes = [...options.querySelectorAll("input")].filter(({ name }) => name === "sources");
  const keyPart = byId("key-part", HTMLDetailsElement);
  const key = byId("key", HTMLInputElement);
  const keyTold = byId("key-told", HTMLElement);
  const keyError = byId("key-error", HTMLElement);

  const optionsAsTyped = () =>
    /** @type {Record<OptionName, string>} */ (
      Object.fromEntries([...fields].map(([name, { value }]) => [name, value.trim()]))
    );
  const sources = () => boxes.filter(({ checked }) => checked).map(({ value }) => value);
  const tell = () => {
    const set = Object.entries(optionsAsTyped()).filter(
      ([name, value]) => value !== "" && !(name === "cache" && value === "default"),
    );
    const told = set.map(([name, value]) => `${name} ${value}`);
    if (sources().length < boxes.length) told.push(`sources ${sources().join(", ") || "none"}`);
    byId("options-told", HTMLElement).textContent = told.join(" · ") || "as the API has them";
    keyTold.textContent = key.value === "" ? "none" : "set, in this tab";
  };

  key.value = sessionStorage.getItem(keyName) ?? "";
  key.addEventListener("input", () => {
    if (key.value.trim() === "") sessionStorage.removeItem(keyName);
    else sessionStorage.setItem(keyName, key.value.trim());
    tell();
  });
  byId("forget-key", HTMLButtonElement).addEventListener("click", () => {
    key.value = "";
    sessionStorage.removeItem(keyName);
    tell();
  });
  for (const field of [...fields.values(), ...boxes]) {
    field.addEventListener("input", () => {
      tell();
      onChange();
    });
  }
  tell();

  const say = (/** @type {HTMLElement} */ field, /** @type {string} */ detail) => {
    field.setAttribute("aria-invalid", "true");
    const error = document.getElementById(`${field.id}-error`);
    if (error) error.textContent = `This ${detail}.`;
    return field;
  };
  const sayThemes = (/** @type {string} */ detail) => {
    themes.error.textContent = detail;
    return byId("themes-heading", HTMLElement);
  };

  const showOne = (
    /** @type {FieldError} */ { pointer, detail },
    /** @type {readonly import("./import-themes.js").ThemeRow[]} */ rows,
  ) => {
    const place = placeOf(pointer, rows);
    switch (place.field) {
      case "text":
        return say(text.input, detail);
      case "catalog":
        sayThemes(`The catalogue ${detail}.`);
        return themes.picker;
      case "row":
        return (
          themes.showRowError(place.row, place.part, `This ${detail}.`) ??
          sayThemes(`Theme ${place.row + 1} ${detail}.`)
        );
      case "themes":
        return sayThemes(`The list: ${detail}.`);
      case "option": {
        options.open = true;
        const field = fields.get(place.name);
        if (field !== undefined) return say(field, detail);
        break;
      }
      default:
    }
    options.open = true;
    optionsError.textContent = `${pointer.slice(1) || "The request"}: ${detail}.`;
    return optionsError;
  };

  return {
    get key() {
      return key.value.trim();
    },
    /** @returns {import("./request.js").FormState} */
    get state() {
      return {
        text: text.text,
        catalog: themes.catalog,
        rows: themes.rows,
        options: optionsAsTyped(),
        sources: sources(),
        allSources: sources().length === boxes.length,
      };
    },
    clearErrors() {
      themes.clearErrors();
      for (const field of [text.input, ...fields.values()]) {
        field.removeAttribute("aria-invalid");
        const error = document.getElementById(`${field.id}-error`);
        if (error) error.textContent = "";
      }
      optionsError.textContent = "";
      keyError.textContent = "";
      key.removeAttribute("aria-invalid");
    },
    /**
     * Puts each message beside its field and the cursor into the first.
     * @param {readonly FieldError[]} errors
     * @param {readonly import("./import-themes.js").ThemeRow[]} rows as they were sent
     */
    showErrors(errors, rows) {
      const [first] = errors.map((error) => showOne(error, rows));
      first?.focus();
    },
    askForKey() {
      keyPart.open = true;
      keyError.textContent =
        key.value === "" ? "No key was sent." : "The gateway does not know this key.";
      key.setAttribute("aria-invalid", "true");
      key.focus();
    },
  };
}
