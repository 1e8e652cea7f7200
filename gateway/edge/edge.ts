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
    identity: Identity;
    /** Counts a request that reached the rankers; there on the routes that rank. */
    count: ((cached: boolean) => void) | undefined;
  };
}
