// Guarantees of the score: the expectation of the rating distribution, and how sure it is.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scoreRatings, type RatingLogprob } from "../../../gateway/core/score.ts";

const rate = (probabilities: Record<number, number>, maxValue = 9) =>
  scoreRatings(
    Object.entries(probabilities).map(([value, p]) => ({
      value: Number(value),
      logprob: Math.log(p),
    })),
    maxValue,
  );

const ratings = fc.array(
  fc.record({
    value: fc.integer({ min: 0, max: 9 }),
    logprob: fc.double({ min: -30, max: 0, noNaN: true }),
  }),
  { minLength: 1, maxLength: 10 },
);

describe("scoreRatings", () => {
  it.each([
    ["0", { 0: 1 }, 0],
    ["9", { 9: 1 }, 100],
    ["3", { 3: 1 }, 100 / 3],
    ["half 0, half 9", { 0: 0.5, 9: 0.5 }, 50],
    ["a quarter 4, three quarters 8", { 4: 0.25, 8: 0.75 }, 700 / 9],
  ])("is the expectation on a scale of 0 to 100: %s", (_, probabilities, score) => {
    expect(rate(probabilities)?.value).toBeCloseTo(score, 9);
  });

  it("divides by the mass on rating tokens, so that what the model would say else is no rating", () => {
    expect(rate({ 2: 0.1, 8: 0.3 })?.value).toBeCloseTo(
      rate({ 2: 0.25, 8: 0.75 })?.value ?? NaN,
      9,
    );
  });

  it("is sure when all mass lies on one rating and not at all when it is split between the ends", () => {
    expect(rate({ 7: 1 })?.confidence).toBe(1);
    expect(rate({ 0: 0.5, 9: 0.5 })?.confidence).toBeCloseTo(0, 9);
  });

  it("is sure to 1 - sd / 4.5", () => {
    // Half on 4, half on 6: a standard deviation of 1.
    expect(rate({ 4: 0.5, 6: 0.5 })?.confidence).toBeCloseTo(1 - 1 / 4.5, 9);
  });

  it("tells the share of the mass that lay on rating tokens, never more than all of it", () => {
    expect(rate({ 1: 0.2, 2: 0.3 })?.coverage).toBeCloseTo(0.5, 9);
    // Rounded logprobs may sum to a little over 1.
    expect(rate({ 1: 0.6, 2: 0.4001 })?.coverage).toBe(1);
  });

  it("reads a scale of two tokens as it reads digits: no and yes", () => {
    expect(rate({ 0: 0.25, 9: 0.75 })?.value).toBeCloseTo(75, 9);
    expect(rate({ 0: 0.25, 1: 0.75 }, 1)?.value).toBeCloseTo(75, 9);
    expect(rate({ 0: 0.5, 1: 0.5 }, 1)?.confidence).toBeCloseTo(0, 9);
  });

  it("takes -9999, with which vLLM marks an impossible token, for no mass at all", () => {
    expect(
      scoreRatings(
        [
          { value: 0, logprob: -9999 },
          { value: 9, logprob: Math.log(0.9) },
        ],
        9,
      ),
    ).toEqual({ value: 100, confidence: 1, coverage: expect.closeTo(0.9, 9) as number });
  });

  it.each<[string, RatingLogprob[]]>([
    ["no rating token was among the candidates", []],
    ["all rating tokens are impossible", [{ value: 5, logprob: -9999 }]],
    ["all rating tokens have no mass", [{ value: 5, logprob: -Infinity }]],
    [
      "a log probability is not a number",
      [
        { value: 5, logprob: -0.1 },
        { value: 6, logprob: NaN },
      ],
    ],
    ["a log probability is above 0: no probability", [{ value: 5, logprob: 0.7 }]],
    ["a log probability is infinite", [{ value: 5, logprob: Infinity }]],
  ])("is nothing when %s", (_, given) => {
    expect(scoreRatings(given, 9)).toBeNull();
  });

  it("forgives the rounding by which a server's 0 comes out a hair above it", () => {
    expect(scoreRatings([{ value: 9, logprob: 1e-6 }], 9)?.value).toBe(100);
  });

  it("does not depend on the order in which the tokens come", () => {
    const shuffled = ratings.chain((given) =>
      fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length })),
    );
    fc.assert(
      fc.property(shuffled, ([given, other]) => {
        const a = scoreRatings(given, 9);
        const b = scoreRatings(other, 9);
        expect(b?.value).toBeCloseTo(a?.value ?? NaN, 6);
        expect(b?.confidence).toBeCloseTo(a?.confidence ?? NaN, 6);
        expect(b?.coverage).toBeCloseTo(a?.coverage ?? NaN, 6);
      }),
    );
  });

  it("stays between the lowest and the highest rating seen, with a confidence of 0 to 1", () => {
    fc.assert(
      fc.property(ratings, (given) => {
        const rated = scoreRatings(given, 9);
        const values = given.map(({ value }) => (100 * value) / 9);
        expect(rated?.value).toBeGreaterThanOrEqual(Math.min(...values) - 1e-6);
        expect(rated?.value).toBeLessThanOrEqual(Math.max(...values) + 1e-6);
        expect(rated?.confidence).toBeGreaterThanOrEqual(0);
        expect(rated?.confidence).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("rises when mass moves to a higher rating", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.98, noNaN: true }), (p) => {
        const lower = rate({ 3: 1 - p, 7: p })?.value ?? NaN;
        expect(rate({ 3: 0.99 - p, 7: p + 0.01 })?.value).toBeGreaterThan(lower);
      }),
    );
  });
});
