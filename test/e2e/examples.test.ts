// The examples of the OpenAPI document: the real stack gives these answers, today as when they were recorded.
import { expect, it } from "vitest";
import recorded from "../../gateway/edge/examples.json" with { type: "json" };
import { recordExamples } from "../examples/record.ts";

/** What differs each time: ids, times, and the version that is told. */
const volatile = new Set([
  "id",
  "request_id",
  "instance",
  "duration_ms",
  "processing_time_ms",
  "processing_time",
  "age_s",
  "version",
  "deployment",
  "updated_at",
  "since",
  "day",
  "resets_at",
]);

function steady(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(steady);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      // A theme's id is the caller's own.
      .filter(([key]) => !volatile.has(key) || (key === "id" && "label" in value))
      .map(([key, each]) => [key, steady(each)]),
  );
}

it("are what npm start answers", async () => {
  expect(steady(await recordExamples())).toEqual(steady(recorded));
});
