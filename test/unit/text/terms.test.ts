// Guarantees of the split into terms.
import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { terms } from "../../../gateway/text/terms.ts";

describe("terms", () => {
  it("drops function words and keeps the words that carry meaning, in order and with repeats", () => {
    expect(terms("The rent and the debt, and then the rent again.")).toEqual([
      "rent",
      "debt",
      "rent",
    ]);
  });

  it("gives the inflections of an English word one term", () => {
    expect(new Set(terms("worry worries worried worrying"))).toEqual(new Set(["worri"]));
  });

  it.each([
    ["geometry", "geometric"],
    ["gravity", "gravitational gravitation"],
    ["curious", "curiosity"],
    ["healthy", "health"],
  ])("gives %s one term with %s, which Porter's rules keep apart", (one, others) => {
    expect(new Set(terms(others))).toEqual(new Set(terms(one)));
  });

  it.each([
    ["party", "part"],
    ["story", "store"],
    ["planes", "plans"],
    ["stars", "start"],
  ])("keeps short words apart: %s and %s", (one, other) => {
    expect(terms(one)).not.toEqual(terms(other));
  });

  it("leaves nothing of a contraction but its meaning", () => {
    expect(terms("I don’t, you can't, we've, mother's debts")).toEqual(["mother", "debt"]);
  });

  it("makes the spellings of one word equal: case, composed and full-width letters", () => {
    expect(terms("CAFÉ")).toEqual(terms("cafe\u0301"));
    expect(terms("Ｄｅｂｔ")).toEqual(terms("debt"));
  });

  it("keeps diacritics, because they tell words apart", () => {
    expect(terms("schön")).not.toEqual(terms("schon"));
  });

  it("keeps a word whole over its combining marks", () => {
    expect(terms("हिन्दी कर्ज़")).toHaveLength(2);
  });

  it("keeps numbers and words with digits", () => {
    expect(terms("19,000 at 3am")).toEqual(["19", "000", "3am"]);
  });

  it.each([
    ["Chinese", "今晚我算了一遍债务。", "债务"],
    ["Japanese", "東京で借金を返す。", "借金"],
    ["Thai", "เงินไม่พอใช้หนี้", "เงิน"],
  ])("finds words in %s, which has no spaces", (_, text, word) => {
    expect(terms(text)).toContain(word);
    expect(terms(text).length).toBeGreaterThan(2);
  });

  it.each(["", "   \n", "?! — …", "😀😀", "and of the"])("finds no terms in %j", (text) => {
    expect(terms(text)).toEqual([]);
  });

  it("takes any text, lone surrogates included, and never returns an empty term", () => {
    assert(
      property(string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(terms(`${text}\ud800`)).not.toContain("");
      }),
    );
  });
});
