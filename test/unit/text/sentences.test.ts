// Guarantees of the cut into sentences: each stands where its offsets say.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sentencesOf } from "../../../gateway/text/sentences.ts";
import { loneHigh } from "../support/lone-surrogate.ts";

const cut = (text: string, start: number, end: number) =>
  Array.from(text).slice(start, end).join("");

describe("sentencesOf", () => {
  it("finds sentences in reading order, without the white space around them", () => {
    expect(sentencesOf("  The rent is due.  I lie awake!\tWhy? ")).toEqual([
      { text: "The rent is due.", start: 2, end: 18 },
      { text: "I lie awake!", start: 20, end: 32 },
      { text: "Why?", start: 33, end: 37 },
    ]);
  });

  it("ends a sentence at a line break", () => {
    expect(sentencesOf("To do\n\nPay the rent").map(({ text }) => text)).toEqual([
      "To do",
      "Pay the rent",
    ]);
  });

  it("finds the sentences of scripts with stops of their own", () => {
    expect(sentencesOf("房租到期了。我睡不着。").map(({ text }) => text)).toEqual([
      "房租到期了。",
      "我睡不着。",
    ]);
  });

  it("counts an emoji as the code points it has, not as its UTF-16 units", () => {
    expect(sentencesOf("😀 Fine. 👨‍👩‍👧 Ours.")).toEqual([
      { text: "😀 Fine.", start: 0, end: 7 },
      { text: "👨‍👩‍👧 Ours.", start: 8, end: 19 },
    ]);
  });

  it("counts combining marks", () => {
    const text = "E\u0301te\u0301. Nuit.";
    expect(sentencesOf(text)[1]).toEqual({ text: "Nuit.", start: 7, end: 12 });
  });

  it.each(["", "  \n\t ", "\ufeff"])("finds none in %j", (text) => {
    expect(sentencesOf(text)).toEqual([]);
  });

  it("cuts each sentence out of the text by its offsets, whatever the text", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "Hi. ",
        "Why?\n",
        "😀",
        "e\u0301",
        "👨‍👩‍👧! ",
        "\u2028",
        "。",
        " ",
        "\ufeff",
        loneHigh,
        "Mr. X",
      ),
      fc.string({ unit: "binary", maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
        const text = pieces.join("");
        let last = 0;
        for (const { text: sentence, start, end } of sentencesOf(text)) {
          expect(cut(text, start, end)).toBe(sentence);
          expect(sentence).toBe(sentence.trim());
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          last = end;
        }
      }),
      { numRuns: 500 },
    );
  });

  it("loses no letter or digit", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const letters = (part: string) => part.replace(/[^\p{L}\p{N}]/gu, "");
        const all = sentencesOf(text).map((sentence) => sentence.text);
        expect(letters(all.join(""))).toBe(letters(text));
      }),
    );
  });
});
