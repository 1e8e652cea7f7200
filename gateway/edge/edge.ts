// What travels with a request through the routes.
import type { RequestEvent } from "../telemetry.ts";
import type { Egress } from "../core/domain.ts";

/** Who asks. */
export interface Identity {
  readonly tenant: string;
  readonly egress: Egress;
}

export interface Edge {
  Variables: {
    requestId: string;
    /** Epoch ms of the request's arrival. */
    startedMs: number;
    event: RequestEvent;
    /** What goes on after the answer and may still have something to tell. */
    deferred: Promise<void>[];
    identity: Identity;
  };
}
