// W3C Trace Context: which trace a request belongs to, and what the origin is told of it.
import { hex } from "../core/hex.ts";

export interface Trace {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** The header for upstreams that are ours. */
  readonly traceparent: string;
}

const pattern = /^(?<version>[0-9a-f]{2})-(?<id>[0-9a-f]{32})-(?<parent>[0-9a-f]{16})-[0-9a-f]{2}$/;

/**
 * The caller's trace, passed on as it came: the gateway has no span of its own in it, since traces of
 * the Worker are the platform's. Without a valid one a trace begins here, sampled, so that an origin
 * that traces can be found by the event's trace id. `tracestate` is not passed on.
 * @param header `traceparent` as it came (https://www.w3.org/TR/trace-context/)
 */
export function traceOf(header: string | undefined): Trace {
  const { version, id, parent } = pattern.exec(header ?? "")?.groups ?? {};
  const isValid = version === "00" && isSet(id) && isSet(parent);
  if (isValid && header !== undefined) return { id: id ?? "", traceparent: header };
  const chance = crypto.getRandomValues(new Uint8Array(24));
  const own = hex(chance.subarray(0, 16));
  return { id: own, traceparent: `00-${own}-${hex(chance.subarray(16))}-01` };
}

function isSet(digits: string | undefined): boolean {
  return digits !== undefined && /[^0]/.test(digits);
}
