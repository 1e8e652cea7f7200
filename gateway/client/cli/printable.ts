// Text of strangers on a terminal: nothing in it may steer the terminal, and its width is known.

/** C0 and C1 controls, line and paragraph separators, bidirectional overrides, zero-width characters, lone surrogates. */
const steering =
  /[\u0000-\u001F\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|\p{Surrogate}/gu;

/** One line in which every character that could steer the terminal is shown as U+FFFD; tabs and line ends are spaces. */
export function printable(text: string): string {
  return text.replaceAll(/\r\n|[\t\n\r]/g, " ").replaceAll(steering, "\uFFFD");
}

/** JSON on one line, in which the same characters are escaped: a terminal may be what reads it. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    steering,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uFF01-\uFF60]|\p{Emoji_Presentation}/u;
const zero = /[\p{Mn}\p{Me}]/u;

/** How many columns a terminal gives to printable text, near enough to align it. */
export function columns(text: string): number {
  let count = 0;
  for (const character of text) {
    if (!zero.test(character)) count += wide.test(character) ? 2 : 1;
  }
  return count;
}

/** Cut to a width, with an ellipsis where something is missing, and filled with spaces. */
export function fitted(text: string, width: number): string {
  let kept = text;
  if (columns(text) > width) {
    const characters = Array.from(text);
    while (columns(characters.join("")) > width - 1) characters.pop();
    kept = `${characters.join("")}…`;
  }
  return kept + " ".repeat(Math.max(0, width - columns(kept)));
}
