import { expect, test } from "vitest";
import { stepsOf, type Measured } from "./growth.ts";

const sizes = [1, 3, 10, 24, 50, 100];
/** Three rounds that differ by a factor each, as on a machine that is faster and slower. */
const curve = (cost: (x: number) => number, factors = [1, 0.99, 1.01]): Measured[] =>
  sizes.map((x) => ({ x, costs: factors.map((factor) => factor * cost(x)) }));
const verdicts = (points: Measured[]) => stepsOf(points).map(({ verdict }) => verdict);

test("a fixed cost and a cost for each have the exponent 1 above the first point", () => {
  const steps = stepsOf(curve((x) => 5 + 0.3 * x));
  expect(steps.map(({ from, to }) => [from, to])).toEqual([
    [1, 3],
    [3, 10],
    [10, 24],
    [24, 50],
    [50, 100],
  ]);
  for (const step of steps.slice(1)) {
    expect(step.part).toBe("growth");
    expect(step.exponent).toBeCloseTo(1);
  }
  expect(new Set(steps.map(({ verdict }) => verdict))).toEqual(new Set(["at most linear"]));
});

test("a quadratic part is found where the fixed cost hides it from the whole", () => {
  const points = curve((x) => 20 + 0.002 * x * x);
  for (const { exponent } of stepsOf(points, ["whole"])) expect(exponent).toBeLessThan(1);
  const last = stepsOf(points).at(-1);
  expect(last).toMatchObject({ part: "growth", verdict: "worse than linear" });
  expect(last?.exponent).toBeCloseTo(2, 1);
});

test("a cost that is worse than linear as a whole is found from the first step on", () => {
  expect(new Set(verdicts(curve((x) => x ** 1.3)))).toEqual(new Set(["worse than linear"]));
});

test("a growth within the noise is judged by the whole cost", () => {
  const noisy = sizes.map((x, index) => ({ x, costs: index % 2 ? [1, 1.2, 1.1] : [1.1, 1, 1.2] }));
  for (const step of stepsOf(noisy))
    expect(step).toMatchObject({ part: "whole", verdict: "at most linear" });
});

test("what rounds disagree about too much is not called linear", () => {
  const points = [
    { x: 10, costs: [1, 1, 1] },
    { x: 20, costs: [1, 2.5, 5] },
  ];
  expect(stepsOf(points)).toMatchObject([{ verdict: "cannot be told" }]);
});

test("one round has no spread, and tells nothing", () => {
  const points = [
    { x: 10, costs: [1] },
    { x: 20, costs: [1] },
  ];
  expect(stepsOf(points)).toMatchObject([{ verdict: "cannot be told" }]);
});

test("the tolerance is what the rounds show, and a little where they agree", () => {
  const [calm] = stepsOf(curve((x) => x ** 1.05));
  expect(calm).toMatchObject({ tolerance: 0.15, verdict: "at most linear" });
  const [wide] = stepsOf([
    { x: 10, costs: [1, 1, 1] },
    { x: 20, costs: [2, 2.2, 2.6] },
  ]);
  expect(wide?.exponent).toBeCloseTo(Math.log2(2.2));
  expect(wide?.tolerance).toBeCloseTo(Math.log2(2.6 / 2));
});
