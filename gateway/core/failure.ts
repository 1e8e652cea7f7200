// Everything that can go wrong on the way to an answer, as data.

/** What was wrong with an upstream answer that arrived whole. Never holds upstream text. */
export type OutputDefect =
  | "not_json"
  | "wrong_shape"
  | "wrong_count"
  | "wrong_order"
  | "no_logprobs"
  | "low_coverage"
  | "missing_theme"
  | "out_of_range"
  | "truncated"
  | "too_large"
  | "empty";

/** Which limit ran out: the stage's own cap, or the caller's whole budget; or the caller has left. */
export type TimeLimit = "cap" | "deadline" | "left";

export type Failure =
  | { readonly reason: "origin_unreachable" }
  | { readonly reason: "origin_timeout"; readonly limit: TimeLimit }
  | { readonly reason: "origin_error"; readonly status: number }
  | {
      readonly reason: "origin_overloaded";
      /** null = nothing was sent: the origin is spared, or too much is under way. */
      readonly status: number | null;
      readonly retryAfterSeconds: number | null;
    }
  | { readonly reason: "origin_auth"; readonly status: number }
  | { readonly reason: "origin_model" }
  | { readonly reason: "origin_bad_output"; readonly defect: OutputDefect }
  | { readonly reason: "origin_rejected"; readonly status: number }
  | { readonly reason: "origin_context" }
  | { readonly reason: "gemini_unreachable" }
  | { readonly reason: "gemini_timeout"; readonly limit: TimeLimit }
  | { readonly reason: "gemini_error"; readonly status: number }
  | { readonly reason: "gemini_quota"; readonly retryAfterSeconds: number | null }
  /** `remembered`: refused a moment ago already, and not asked again. */
  | { readonly reason: "gemini_blocked"; readonly remembered?: true }
  | { readonly reason: "gemini_bad_output"; readonly defect: OutputDefect }
  | { readonly reason: "circuit_open" }
  | { readonly reason: "budget_spent"; readonly retryAfterSeconds: number }
  | { readonly reason: "egress" }
  /** The request has had all its calls to upstreams. */
  | { readonly reason: "call_limit" }
  | { readonly reason: "deadline" };

/** The public word for a failure; fixed names of the API. */
export type Reason = Failure["reason"];

/** Whether the provider was never asked: nothing of it can have failed. */
export function wasNotAsked(failure: Failure): boolean {
  switch (failure.reason) {
    case "deadline":
    case "circuit_open":
    case "budget_spent":
    case "egress":
    case "call_limit":
      return true;
    case "origin_overloaded":
      return failure.status === null;
    case "gemini_blocked":
      return failure.remembered === true;
    default:
      return false;
  }
}

/** Whether the asker's own budget ran out, or the asker left: another one's may not have. */
export function ranOutOfTime(failure: Failure): boolean {
  return failure.reason === "deadline" || ("limit" in failure && failure.limit !== "cap");
}

export type Result<T, F = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: F };

export const ok = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });
export const fail = <F>(failure: F): { ok: false; failure: F } => ({ ok: false, failure });
