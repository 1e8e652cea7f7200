// What every call comes back with: data or an error, and what is known of the exchange.
import type { Problem } from "./api.ts";

/** The service's own words (RFC 9457): what is wrong, and with which fields. */
export interface ProblemError extends Problem {
  readonly kind: "problem";
}

/**
 * No answer of the service:
 * `network` it could not be reached, or the connection broke;
 * `timeout` the caller's time ran out; `aborted` the caller's signal fired;
 * `interrupted` a stream ended before its `done`;
 * `unexpected` something answered that does not speak this protocol (a proxy's page, a redirect).
 */
export interface TransportError {
  readonly kind: "network" | "timeout" | "aborted" | "interrupted" | "unexpected";
  readonly title: string;
  readonly detail: string;
  /** HTTP status; null where none arrived. */
  readonly status: number | null;
  readonly retryable: boolean;
}

export type ClientError = ProblemError | TransportError;

/** One metric of Server-Timing, milliseconds. */
export interface Timing {
  readonly name: string;
  readonly durationMs: number | null;
  readonly description: string | null;
}

export interface Meta {
  /** Names the request in the service's log; null where no answer arrived. */
  readonly requestId: string | null;
  /** HTTP status; null where no answer arrived. */
  readonly status: number | null;
  /** The Cache-Status header (RFC 9211), which speaks of the ranking. */
  readonly cacheStatus: string | null;
  readonly serverTiming: readonly Timing[];
  /** How often the request was sent again: 0 or 1. */
  readonly retries: number;
  /** From the call to its end, waits and retries included. */
  readonly durationMs: number;
}

export type Outcome<T> =
  | { readonly data: T; readonly error: null; readonly meta: Meta }
  | { readonly data: null; readonly error: ClientError; readonly meta: Meta };

const titles: Record<TransportError["kind"], string> = {
  network: "Not reachable",
  timeout: "Timed out",
  aborted: "Aborted",
  interrupted: "Interrupted",
  unexpected: "Unexpected answer",
};

/** @param status HTTP status; null where none arrived */
export function transportError(
  kind: TransportError["kind"],
  detail: string,
  status: number | null = null,
): TransportError {
  const retryable = kind === "network" || kind === "timeout" || kind === "interrupted";
  return { kind, title: titles[kind], detail, status, retryable };
}

/** The problem that a body tells; null where it tells none. */
export function problemIn(body: unknown): ProblemError | null {
  if (typeof body !== "object" || body === null) return null;
  const { type, title, status, detail, retryable } = body as Partial<Problem>;
  if (typeof type !== "string" || typeof title !== "string" || typeof status !== "number") {
    return null;
  }
  return {
    ...(body as Problem),
    kind: "problem",
    detail: typeof detail === "string" ? detail : title,
    retryable: retryable ?? false,
  };
}
