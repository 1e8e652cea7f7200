// What a failure says of the origin: down, doubtful, overloaded, our own bug, or nothing.
import type { Failure } from "../core/failure.ts";

/**
 * `hard`: this replica is not there or not itself, and says so at once. `soft`: counts as well.
 * `doubt`: may be the request's own doing; only a probe can tell. `overload`: it is there and has
 * too much to do. `ours`: it refused what we sent. `none`: says nothing of its health.
 */
export type FailureClass = "hard" | "soft" | "doubt" | "overload" | "ours" | "none";

/** Rankings are what the origin is for, and what probes try; a summary alone proves little. */
export type OriginWork = "ranking" | "summary";

/** Gateways in front of an origin that is gone; 520 to 530 are Cloudflare's, 530 a tunnel's. */
const isGatewayStatus = (status: number) =>
  status === 502 || status === 504 || (status >= 520 && status <= 530);

/** Pure; every failure has one class. */
export function classify(failure: Failure, work: OriginWork): FailureClass {
  const ifRanking = (verdict: FailureClass) => (work === "ranking" ? verdict : "doubt");
  switch (failure.reason) {
    case "origin_unreachable":
    case "origin_auth":
      return "hard";
    case "origin_error":
      return isGatewayStatus(failure.status) ? "hard" : ifRanking("soft");
    case "origin_model":
      return ifRanking("hard");
    case "origin_timeout":
      if (failure.limit === "left") return "none";
      // Less than the whole cap was the caller's budget, which proves nothing.
      return failure.limit === "cap" ? ifRanking("soft") : "doubt";
    case "origin_bad_output":
      switch (failure.defect) {
        // What a text can bring about must not close the origin to everybody else.
        case "low_coverage":
        case "missing_theme":
        case "out_of_range":
        case "truncated":
        case "empty":
          return "doubt";
        default:
          return ifRanking("soft");
      }
    case "origin_overloaded":
      return "overload";
    case "origin_rejected":
      return "ours";
    default:
      return "none";
  }
}
