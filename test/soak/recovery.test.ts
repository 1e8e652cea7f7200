// The times to fail over and to return, from the answers that nobody had in the cache.
import { expect, it } from "vitest";
import { recoveries, type FreshAnswer } from "./recovery.ts";
import type { Phase } from "./schedule.ts";

const hung: Phase = { upstream: "origin", fault: "hung", fromMs: 1_000, untilMs: 5_000 };
const answer = (startedMs: number, endedMs: number, byOrigin: boolean): FreshAnswer => ({
  startedMs,
  endedMs,
  byOrigin,
  couldFailOver: true,
});

it("are counted from the fault's begin and end, over what was asked since", () => {
  const answers = [
    answer(900, 1_100, false),
    answer(1_200, 3_700, false),
    answer(1_300, 3_600, false),
    answer(4_900, 5_100, true),
    answer(7_000, 7_050, false),
    answer(9_000, 9_040, true),
  ];
  expect(recoveries([hung], answers)).toEqual([
    { fault: "hung", failOverMs: 2_600, returnMs: 4_040 },
  ]);
});

it("are unknown where the next fault came first", () => {
  const next: Phase = { ...hung, fault: "killed", fromMs: 8_000, untilMs: 9_000 };
  const [first] = recoveries([hung, next], [answer(8_500, 8_600, true)]);
  expect(first).toEqual({ fault: "hung", failOverMs: null, returnMs: null });
});

it("leave out slowness, which needs no other ranker, and Gemini's faults", () => {
  expect(
    recoveries(
      [
        { ...hung, fault: "slowed" },
        { ...hung, upstream: "gemini" },
      ],
      [],
    ),
  ).toEqual([]);
});
