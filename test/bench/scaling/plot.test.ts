import { expect, test } from "vitest";
import { logAxis, svg } from "./plot.ts";

test("an axis begins and ends at a 1, 2 or 5 with all values between", () => {
  const axis = logAxis([0.63, 3.9, 1.2]);
  expect(axis.ticks).toEqual([0.5, 1, 2, 5]);
  expect(axis.at(0.5)).toBeCloseTo(0);
  expect(axis.at(5)).toBeCloseTo(1);
});

test("equal factors are equal distances", () => {
  const axis = logAxis([1, 100]);
  expect(axis.ticks).toEqual([1, 2, 5, 10, 20, 50, 100]);
  expect(axis.at(10)).toBeCloseTo(0.5);
  expect(axis.at(20) - axis.at(10)).toBeCloseTo(axis.at(4) - axis.at(2));
});

test("values at the ends need no room beyond them, and one value alone has an axis", () => {
  expect(logAxis([0.2, 20_000]).ticks).toEqual([1, 10, 100, 1_000, 10_000]);
  expect(logAxis([0.2, 20_000]).at(20_000)).toBeCloseTo(1);
  expect(logAxis([5]).ticks).toEqual([5, 10]);
});

test("the reference line has the slope that is told, from the highest first point", () => {
  const drawn = (slope: 0 | 1) => {
    const lines = [
      { name: "low", color: "#000", points: [{ x: 1, y: 1 }] },
      {
        name: "high",
        color: "#000",
        points: [
          { x: 1, y: 10 },
          { x: 10, y: 100 },
        ],
      },
    ];
    const picture = svg("title", "", [{ title: "", xLabel: "", yLabel: "", slope, lines }]);
    return [...picture.matchAll(/polyline points="([^"]+)"/g)].map(([, points]) => points);
  };
  const [proportional, , high] = drawn(1);
  expect(proportional).toBe(high);
  const [from = "", to = ""] = drawn(0)[0]?.split(" ") ?? [];
  expect(to.split(",")[1]).toBe(from.split(",")[1]);
});

test("words are words, whatever they hold", () => {
  expect(svg('a < b & "c"', "", [])).toContain("a &lt; b &amp; &quot;c&quot;");
});
