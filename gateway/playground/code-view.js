// The present form as code, and the last answer as it came, in tabs.
import { byId, element } from "./element.js";
import { jsonOf, snippets } from "./snippets.js";

/**
 * @param {() => import("./request.js").RequestBody} bodyOf
 * @param {() => unknown} answerOf null = there is none yet
 * @param {(text: string, button: HTMLButtonElement) => void} onCopy
 */
export function createCodeView(bodyOf, answerOf, onCopy) {
  const tabs = byId("tabs", HTMLElement);
  const panel = byId("code", HTMLElement);
  const copy = byId("copy", HTMLButtonElement);
  const code = panel.querySelector("code") ?? panel;
  const told = [
    ...snippets.map(({ name, make }) => ({ name, text: () => make(bodyOf(), location.origin) })),
    {
      name: "Answer",
      text: () => {
        const answer = answerOf();
        return answer === null ? "No answer yet: press Rank." : jsonOf(answer);
      },
    },
  ];
  let chosen = 0;
  const show = () => {
    const text = told[chosen]?.text() ?? "";
    if (code.textContent !== text) code.textContent = text;
  };
  const buttons = told.map(({ name }, index) => {
    const tab = element(
      "button",
      { type: "button", role: "tab", id: `tab-${index}`, "aria-controls": "code" },
      name,
    );
    tab.addEventListener("click", () => choose(index));
    return tab;
  });
  const choose = (/** @type {number} */ index) => {
    chosen = index;
    for (const [at, tab] of buttons.entries()) {
      tab.setAttribute("aria-selected", String(at === index));
      tab.tabIndex = at === index ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `tab-${index}`);
    show();
  };
  tabs.append(...buttons);
  tabs.addEventListener("keydown", (event) => {
    const last = buttons.length - 1;
    const to = {
      ArrowRight: chosen === last ? 0 : chosen + 1,
      ArrowLeft: chosen === 0 ? last : chosen - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(to);
    buttons[to]?.focus();
  });
  copy.addEventListener("click", () => onCopy(told[chosen]?.text() ?? "", copy));
  choose(0);
  return { show };
}
