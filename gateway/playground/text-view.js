// The text box: its counter, the samples, and evidence marked in the text itself.
import { byId, element } from "./element.js";
import { codePoints, piecesOf } from "./evidence.js";
import texts from "./texts.json" with { type: "json" };

/** @typedef {import("./wire.js").Span} Span */

const limit = 20_000;

/**
 * The marks lie in a copy of the text behind the box, which has no background. Both grow with the
 * text inside one frame that scrolls, so they cannot come apart.
 * @param {() => void} onChange
 */
export function createTextView(onChange) {
  const box = byId("text-box", HTMLElement);
  const input = byId("text", HTMLTextAreaElement);
  const mirror = byId("text-mirror", HTMLElement);
  const count = byId("count", HTMLElement);
  const samples = byId("samples", HTMLElement);

  const draw = (/** @type {readonly Span[]} */ spans) => {
    const pieces = piecesOf(input.value, spans).map(({ text, marked }) =>
      marked ? element("mark", {}, text) : text,
    );
    // A line break at the end needs something after it to take a line.
    mirror.replaceChildren(...pieces, "\u200b");
  };
  const changed = () => {
    const length = codePoints(input.value.normalize("NFC").trim());
    count.textContent = `${length.toLocaleString("en")} / ${limit.toLocaleString("en")}`;
    count.toggleAttribute("data-over", length > limit);
    for (const chip of samples.querySelectorAll("button")) {
      const isChosen = texts.some(({ id, text }) => id === chip.value && text === input.value);
      chip.setAttribute("aria-pressed", String(isChosen));
    }
    draw([]);
    onChange();
  };
  const choose = (/** @type {string} */ text) => {
    input.value = text;
    box.scrollTop = 0;
    changed();
  };

  for (const { id, title, text } of texts) {
    const chip = element("button", { type: "button", value: id }, title);
    chip.addEventListener("click", () => choose(text));
    samples.append(chip);
  }
  input.addEventListener("input", changed);
  choose(texts[0]?.text ?? "");

  return {
    get text() {
      return input.value;
    },
    focus: () => input.focus(),
    input,
    /**
     * Marks what speaks for a theme and brings it into sight; an empty list takes the marks away.
     * @param {readonly Span[]} spans
     */
    mark(spans) {
      draw(spans);
      const first = mirror.querySelector("mark");
      if (first === null) return;
      const [top, bottom] = [first.offsetTop, first.offsetTop + first.offsetHeight];
      if (top < box.scrollTop || bottom > box.scrollTop + box.clientHeight) box.scrollTop = top - 8;
    },
  };
}
