// Guarantees of the lexical relevance of a theme to a text.
import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { lexicalRelevance, overlap, prepare } from "../../../gateway/text/overlap.ts";

const money = { label: "Money", description: "Debt, bills, savings and loans" };
const travel = { label: "Travel", description: "Journeys, holidays, flights and trains" };
const score = (text: string, theme: { label: string; description: string }) =>
  overlap(prepare(text), theme);

describe("overlap", () => {
  it("ranks the theme whose words the text uses over one it does not touch", () => {
    const text = prepare("The loan is due, the bills are late and there is no money.");
    expect(overlap(text, money)).toBeGreaterThan(overlap(text, travel));
  });

  it("is 0 exactly where no term is shared", () => {
    expect(score("We walked along the river.", money)).toBe(0);
    expect(score("", money)).toBe(0);
    expect(score("Anything at all.", { label: "", description: "" })).toBe(0);
  });

  it("counts a word of the label twice a word of the description", () => {
    const word = { label: "Debt", description: "" };
    const described = { label: "", description: "Debt" };
    expect(score("Debt again.", word)).toBeCloseTo(2 * score("Debt again.", described), 10);
  });

  it("adds less with every repetition of a word", () => {
    const filler = "river ".repeat(30);
    const [none = 0, once = 0, twice = 0, often = 0] = [0, 1, 2, 20].map((n) =>
      score("debt ".repeat(n) + filler, money),
    );
    expect(once - none).toBeGreaterThan(twice - once);
    expect(often).toBeGreaterThan(twice);
    expect(often).toBeLessThan(3);
  });

  it("weighs one mention less in a long text than in a short one", () => {
    expect(score(`debt ${"river ".repeat(500)}`, money)).toBeLessThan(score("debt", money) / 3);
  });

  it("finds the sentence of a text that speaks for a theme", () => {
    const sentences = ["The train was late.", "My loans keep me awake.", "It rained all day."];
    const scores = sentences.map((sentence) => score(sentence, money));
    expect(scores.indexOf(Math.max(...scores))).toBe(1);
  });

  it("compares texts in a script without spaces", () => {
    expect(score("今晚我算了一遍债务。", { label: "债务", description: "" })).toBeGreaterThan(0);
  });

  it("gives one theme the same score whether its object is new or was compared before", () => {
    const text = prepare("Money and debt.");
    const first = overlap(text, money);
    overlap(prepare("Something else about loans."), money);
    expect(overlap(text, money)).toBe(first);
    expect(overlap(text, { ...money })).toBe(first);
  });

  it("is finite and not negative for any text and theme", () => {
    assert(
      property(string(), string(), string(), (text, label, description) => {
        const found = score(text, { label, description });
        expect(Number.isFinite(found) && found >= 0).toBe(true);
      }),
    );
  });
});

describe("lexicalRelevance", () => {
  it("keeps the order of overlaps on a scale of 0 to under 1", () => {
    const scaled = [0, 1, 3, 9, 1e6].map(lexicalRelevance);
    expect(scaled[0]).toBe(0);
    expect(scaled[2]).toBe(0.5);
    expect(scaled).toEqual(scaled.toSorted((a, b) => a - b));
    expect(Math.max(...scaled)).toBeLessThan(1);
  });
});
