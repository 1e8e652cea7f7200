// Guarantees of what each failure says of the origin.
import { describe, expect, it } from "vitest";
import type { Failure } from "../../../gateway/core/failure.ts";
import { classify, type FailureClass } from "../../../gateway/resilience/failure-class.ts";

const error = (status: number): Failure => ({ reason: "origin_error", status });
const bad = (defect: (Failure & { reason: "origin_bad_output" })["defect"]): Failure => ({
  reason: "origin_bad_output",
  defect,
});

const cases: readonly (readonly [Failure, ranking: FailureClass, summary: FailureClass])[] = [
  [{ reason: "origin_unreachable" }, "hard", "hard"],
  [{ reason: "origin_auth", status: 403 }, "hard", "hard"],
  [error(502), "hard", "hard"],
  [error(504), "hard", "hard"],
  [error(530), "hard", "hard"],
  [error(500), "soft", "doubt"],
  [{ reason: "origin_model" }, "hard", "doubt"],
  [{ reason: "origin_timeout", limit: "cap" }, "soft", "doubt"],
  [bad("not_json"), "soft", "doubt"],
  [bad("no_logprobs"), "soft", "doubt"],
  [bad("wrong_count"), "soft", "doubt"],
  [bad("too_large"), "soft", "doubt"],
];

describe("a failure", () => {
  it.each(cases)(
    "of the origin counts, of a summary alone less: %j",
    (failure, ranking, summary) => {
      expect(classify(failure, "ranking")).toBe(ranking);
      expect(classify(failure, "summary")).toBe(summary);
    },
  );

  it.each([bad("low_coverage"), bad("empty"), bad("truncated"), bad("missing_theme")])(
    "that a text may have brought about is only a doubt: %j",
    (failure) => {
      expect(classify(failure, "ranking")).toBe("doubt");
    },
  );

  it("of the caller's budget never counts: a timeout before the cap is only a doubt", () => {
    expect(classify({ reason: "origin_timeout", limit: "deadline" }, "ranking")).toBe("doubt");
    expect(classify({ reason: "deadline" }, "ranking")).toBe("none");
  });

  it("that the caller brought about by leaving says nothing", () => {
    for (const work of ["ranking", "summary"] as const)
      expect(classify({ reason: "origin_timeout", limit: "left" }, work)).toBe("none");
  });

  it.each([400, 413, 422])("of ours never counts: the origin answers %i", (status) => {
    expect(classify({ reason: "origin_rejected", status }, "ranking")).toBe("ours");
  });

  it.each([429, 503])("for overload is no outage: the origin answers %i", (status) => {
    const failure: Failure = { reason: "origin_overloaded", status, retryAfterSeconds: 1 };
    expect(classify(failure, "ranking")).toBe("overload");
  });

  it("for a text over the context says nothing", () => {
    expect(classify({ reason: "origin_context" }, "ranking")).toBe("none");
  });
});
