import { describe, expect, test } from "vitest";
import { agreement } from "./agreement.ts";
import { estimate, pooled, verdict } from "./bootstrap.ts";
import { chance } from "./chance.ts";
import { isotonic } from "./isotonic.ts";
import { quality } from "./metrics.ts";

describe("quality", () => {
  test("a ranking with all relevant themes first is perfect", () => {
    expect(quality(["b", "a", "c", "d"], { relevant: ["a", "b"] })).toEqual({
      ndcg5: 1,
      ndcg5Graded: null,
      map: 1,
      p1: 1,
      r5: 1,
      mrr: 1,
    });
  });

  test("figures worked out by hand: relevant at places 2 and 6 of 6", () => {
    const { ndcg5, map, p1, r5, mrr } = quality(["x", "a", "y", "z", "w", "b"], {
      relevant: ["a", "b"],
    });
    expect(ndcg5).toBeCloseTo(1 / Math.log2(3) / (1 + 1 / Math.log2(3)));
    expect(map).toBeCloseTo((1 / 2 + 2 / 6) / 2);
    expect([p1, r5, mrr]).toEqual([0, 0.5, 0.5]);
  });

  test("grades weigh the gains, and the best order of grades is 1", () => {
    const judgement = { relevant: ["a"], graded: { a: 0.8, b: 0.4, c: 0.2 } };
    expect(quality(["a", "b", "c"], judgement).ndcg5Graded).toBe(1);
    const turned = quality(["c", "b", "a"], judgement).ndcg5Graded ?? 0;
    const ideal = 0.8 + 0.4 / Math.log2(3) + 0.2 / 2;
    expect(turned).toBeCloseTo((0.2 + 0.4 / Math.log2(3) + 0.8 / 2) / ideal);
  });

  test("a relevant theme that was never ranked costs its share", () => {
    expect(quality(["a", "x"], { relevant: ["a", "missing"] })).toMatchObject({
      map: 0.5,
      r5: 0.5,
    });
    expect(quality(["x"], { relevant: ["missing"] })).toMatchObject({ ndcg5: 0, map: 0, mrr: 0 });
  });
});

describe("intervals", () => {
  test("hold the mean, shrink with more texts and are the same in a second run", () => {
    const few = Array.from({ length: 25 }, (_, index) => index % 2);
    const many = Array.from({ length: 400 }, (_, index) => index % 2);
    const [wide, narrow] = [estimate(few), estimate(many)];
    expect(estimate(few)).toEqual(wide);
    expect(wide?.low).toBeLessThan(0.48);
    expect(wide?.high).toBeGreaterThan(0.48);
    // Half a standard error of a fair coin, times 1.96.
    expect((narrow?.high ?? 0) - (narrow?.low ?? 0)).toBeCloseTo(2 * 1.96 * 0.025, 1);
    expect((wide?.high ?? 0) - (wide?.low ?? 0)).toBeGreaterThan(0.3);
  });

  test("sets count alike, however many texts they have; unknown values count nowhere", () => {
    expect(pooled([[1, 1, 1, 1, 1, 1], [0]])?.value).toBe(0.5);
    expect(estimate([1, null, 0])).toMatchObject({ value: 0.5, n: 2 });
    expect(estimate([null])).toBeNull();
  });

  test("a difference whose interval holds 0 is none", () => {
    expect(verdict({ value: 0.1, low: -0.01, high: 0.2, n: 5 })).toBe("no difference");
    expect(verdict({ value: 0.1, low: 0.01, high: 0.2, n: 5 })).toBe("better");
    expect(verdict({ value: -0.1, low: -0.2, high: -0.01, n: 5 })).toBe("worse");
  });
});

describe("agreement", () => {
  const ranking = (order: string, scores: readonly number[] | null = null) => {
    const ids = order.split("");
    return { order: ids, scores: scores && new Map(ids.map((id, i) => [id, scores[i] ?? 0])) };
  };

  test("of a ranking with itself is whole, with its reverse it is turned around", () => {
    expect(agreement(ranking("abcdefgh"), ranking("abcdefgh"))).toMatchObject({
      tauB: 1,
      top1: 1,
      top3: 1,
      top5: 1,
      flipped: null,
      top3Changed: 0,
    });
    expect(agreement(ranking("abcdefgh"), ranking("abcdefgh")).rbo).toBeCloseTo(1);
    const turned = agreement(ranking("abcdefgh"), ranking("hgfedcba"));
    expect(turned).toMatchObject({ tauB: -1, top1: 0, top3: 0, top3Changed: 1 });
    expect(turned.rbo).toBeLessThan(0.5);
  });

  test("with all themes tied there is no order to agree on", () => {
    const tied = ranking("abcd", [0, 0, 0, 0]);
    expect(agreement(tied, tied).tauB).toBeNull();
    expect(agreement(tied, ranking("abcd", [4, 3, 2, 1])).tauB).toBeNull();
  });

  test("figures worked out by hand: ties, overlaps, flips at 60", () => {
    const a = ranking("abcd", [90, 61, 61, 10]);
    const b = ranking("bacd", [90, 80, 59, 10]);
    // Pairs: ab turned; bc tied on the left; ac, ad, bd, cd agree. 3 of sqrt(5 * 6).
    expect(agreement(a, b).tauB).toBeCloseTo((4 - 1) / Math.sqrt(5 * 6));
    expect(agreement(a, b)).toMatchObject({ top1: 0, top3: 1, flipped: 0.25, top3Changed: 0 });
    // Overlap by depth: 0, 1, 1, 1.
    const seen = 0.8 ** 2 + 0.8 ** 3 + 0.8 ** 4;
    expect(agreement(a, b).rbo).toBeCloseTo(0.25 * seen + 0.8 ** 4);
  });
});

test("an isotonic fit rises, pools what falls and keeps what rises", () => {
  const fit = isotonic([
    { x: 1, y: 0 },
    { x: 2, y: 1 },
    { x: 3, y: 0 },
    { x: 4, y: 1 },
  ]);
  expect([0, 1, 2, 2.5, 3, 4, 9].map(fit)).toEqual([0, 0, 0.5, 0.5, 0.5, 1, 1]);
});

test("chance repeats itself, reaches every index and loses nothing in shuffling", () => {
  const draw = () => Array.from({ length: 200 }, () => 0).map(() => chance(1).index(5));
  expect(draw()).toEqual(draw());
  const random = chance(7);
  expect(new Set(Array.from({ length: 200 }, () => random.index(5)))).toEqual(
    new Set([0, 1, 2, 3, 4]),
  );
  const order = random.shuffled([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(order).not.toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(order.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
