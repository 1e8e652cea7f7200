// What travels with a request through the routes.
import type { RequestEvent } from "../telemetry.ts";
import type { CallLog } from "../core/call-log.ts";
import type { Egress } from "../core/domain.ts";
import type { Clock } from "../core/ports.ts";

/** Who asks. */
export interface Identity {
  readonly tenant: string;
  readonly egress: Egress;
  /** Part of the tenant's cache keys: raised by a purge, 0 before the first. */
  readonly epoch: number;
}

export interface Edge {
  Variables: {
    requestId: string;
    clock: Clock;
    /** Epoch ms of the request's arrival. */
    startedMs: number;
    event: RequestEvent;
    /** Of the calls that this request makes: each ranking's own. */
    logs: CallLog[];
    /** What goes on after the answer and may still have something to tell. */
    deferred: Promise<void>[];
    identity: Identity;
    /** Counts a request that reached the rankers; there on the routes that rank. */
    count: ((cached: boolean) => void) | undefined;
  };
}
