// The one event of each request: opened when it arrives, written when the last of it is done.
import { createMiddleware } from "hono/factory";
import type { Clock } from "../core/ports.ts";
import { RequestEvent } from "../telemetry.ts";
import type { Edge } from "./edge.ts";

/**
 * Opens the request's event, and writes it once: after the answer, and after whatever was put into
 * `deferred` meanwhile.
 * @param routeOf names the route of a path; null = none of ours: what a stranger typed stays out of the log
 */
export function requestEvent(clock: Clock, routeOf: (path: string) => string | null) {
  return createMiddleware<Edge>(async (c, next) => {
    c.set("startedMs", clock.nowMs());
    c.set("clock", clock);
    const event = new RequestEvent();
    c.set("event", event);
    c.set("deferred", []);
    await next();
    const route = routeOf(c.req.path);
    const { status } = c.res;
    const durationMs = clock.nowMs() - c.get("startedMs");
    event.set({
      id: c.get("requestId"),
      method: c.req.method,
      route,
      status,
      duration_ms: durationMs,
    });
    // A write to KV that fails after the answer belongs to the event; each has its own time limit.
    const deferred = c.get("deferred");
    const write = () => event.write();
    if (deferred.length === 0) write();
    else c.executionCtx.waitUntil(allDone(deferred).then(write));
  });
}

/** Resolves when all of a list are done, those too that are added to it meanwhile. */
async function allDone(works: readonly Promise<void>[]): Promise<void> {
  for (let done = 0; done < works.length;) {
    const next = works.slice(done);
    done = works.length;
    await Promise.allSettled(next);
  }
}
