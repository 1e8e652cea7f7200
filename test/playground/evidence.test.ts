// Spans count code points of the normalised text; the box holds the text as it was typed.
import { describe, expect, it } from "vitest";
import { piecesOf, quotesOf } from "../../gateway/playground/evidence.js";

/** The part of the normalised text that holds `words`, as the service would name it. */
function spanOf(text: string, words: string) {
  const normal = text.normalize("NFC").trim();
  const at = normal.indexOf(words.normalize("NFC"));
  const start = Array.from(normal.slice(0, at)).length;
  return { start, end: start + Array.from(words.normalize("NFC")).length };
}

describe("marks", () => {
  it.each([
    ["plain text", "One. Two. Three."],
    ["white space around it", "  \n\tOne. Two. Three.  "],
    ["characters beyond the first plane before it", "𒐫😀👩‍👩‍👧 One. Two. Three."],
    ["letters typed in pieces", "Cafe\u0301 one, nai\u0308ve. Two. Three\u0301."],
    ["syllables typed in pieces", "\u1112\u1161\u11ab Two. Three."],
    ["lines of two characters", "One.\r\n\r\nTwo. Three."],
  ])("lie where the service means them: %s", (_, text) => {
    const pieces = piecesOf(text, [spanOf(text, "Two.")]);
    expect(pieces.map((piece) => piece.text).join("")).toBe(text);
    expect(pieces.filter(({ marked }) => marked)).toEqual([{ text: "Two.", marked: true }]);
  });

  it("are several, or none", () => {
    const text = "One. Two.\nThree.";
    expect(quotesOf(text, [spanOf(text, "One."), spanOf(text, "Two.\nThree.")])).toEqual([
      "One.",
      "Two. Three.",
    ]);
    expect(piecesOf(text, [])).toEqual([{ text, marked: false }]);
  });
});
