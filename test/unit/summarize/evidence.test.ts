// Guarantees of the evidence: the sentences that speak for a theme, by their places.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evidence, witnesses } from "../../../gateway/summarize/evidence.ts";
import { money, sleep, theme } from "../support/theme.ts";

const cut = (text: string, { start, end }: { start: number; end: number }) =>
  Array.from(text).slice(start, end).join("");
const sentences = (text: string, ...themes: Parameters<typeof evidence>[1]) =>
  evidence(text, themes).map((spans) => spans.map((span) => cut(text, span)));

describe("evidence", () => {
  it("names the sentences that use a theme's words, theme by theme", () => {
    const text = "We walked home. My debt grows. 😀 I keep lying awake! The river rose.";
    expect(sentences(text, sleep, money)).toEqual([["😀 I keep lying awake!"], ["My debt grows."]]);
  });

  it("is empty for a theme of which no sentence speaks", () => {
    expect(evidence("The river rose.", [money])).toEqual([[]]);
  });

  it("names three sentences at most: the strongest, in reading order", () => {
    const text =
      "Debt came and many other things happened on that long summer day. " +
      "Money and debt and bills. A bill. Then the river rose. Wages and debt and money.";
    const [found] = sentences(text, money);
    expect(found).toHaveLength(3);
    expect(found).toEqual(["Money and debt and bills.", "A bill.", "Wages and debt and money."]);
  });

  it("names the earlier of two equal sentences first", () => {
    const [found = []] = witnesses("A debt. A debt. A debt. A debt.", [money]);
    expect(found.map(({ sentence }) => sentence.start)).toEqual([0, 8, 16, 24]);
    expect(
      evidence("A debt. A debt. A debt. A debt.", [money])[0]?.map(({ start }) => start),
    ).toEqual([0, 8, 16]);
  });

  it("gives a list per theme, and every span lies in the text, in order, without overlap", () => {
    const words = fc.constantFrom("debt", "sleep", "money", "river", "😀", "awake", ".", "!", "\n");
    const text = fc.array(words, { maxLength: 40 }).map((all) => all.join(" "));
    fc.assert(
      fc.property(text, (given) => {
        const all = evidence(given, [money, sleep, theme("River")]);
        expect(all).toHaveLength(3);
        for (const spans of all) {
          let last = 0;
          for (const { start, end } of spans) {
            expect(start).toBeGreaterThanOrEqual(last);
            expect(end).toBeGreaterThan(start);
            last = end;
          }
          expect(last).toBeLessThanOrEqual(Array.from(given).length);
        }
      }),
    );
  });
});
