// The one event of each request: opened when it arrives, written when the last of it is done.
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { addBills, CallLog } from "../core/call-log.ts";
import type { CircuitViews } from "../core/circuit.ts";
import type { Clock } from "../core/ports.ts";
import type { Prices } from "../core/price.ts";
import { billFields, RequestEvent } from "../telemetry.ts";
import type { RequestRecord } from "../telemetry/request-record.ts";
import type { Edge } from "./edge.ts";
import { traceOf } from "./trace-context.ts";

export interface EventSettings {
  readonly clock: Clock;
  readonly release: string;
  /** Names the route of a path; null = none of ours: what a stranger typed stays out of the log. */
  readonly routeOf: (path: string) => string | null;
  readonly circuits: () => CircuitViews;
  /** Gets the event when it is written. */
  readonly sink: (record: RequestRecord) => void;
}

/**
 * Opens the request's event, and writes it once: after the answer, and after whatever was put into
 * `deferred` meanwhile.
 */
export function requestEvent({ clock, release, routeOf, circuits, sink }: EventSettings) {
  return createMiddleware<Edge>(async (c, next) => {
    c.set("startedMs", clock.nowMs());
    c.set("clock", clock);
    const event = new RequestEvent();
    c.set("event", event);
    c.set("deferred", []);
    c.set("logs", []);
    await next();
    const { method, path } = c.req;
    const { status } = c.res;
    const request = {
      id: c.get("requestId"),
      method,
      route: routeOf(path),
      status,
      duration_ms: Math.max(0, Math.round(clock.nowMs() - c.get("startedMs"))),
      colo: coloOf(c.req.raw),
      release,
    };
    const { origin, gemini } = circuits();
    event.set({
      ...(origin && { breaker: origin.state }),
      ...(gemini && { gemini_breaker: gemini.state }),
    });
    const write = () => {
      const logs = c.get("logs");
      if (logs.length > 0) event.set(billFields(addBills(logs.map(({ bill }) => bill))));
      sink(event.write(request));
    };
    // A write to KV that fails after the answer belongs to the event; each has its own time limit.
    const deferred = c.get("deferred");
    if (deferred.length === 0) write();
    else c.executionCtx.waitUntil(allDone(deferred).then(write));
  });
}

/** A log for the calls of one ranking, whose bill goes into the event. */
export function openCallLog(c: Context<Edge>, prices: Prices): CallLog {
  const trace = traceOf(c.req.header("traceparent"));
  const log = new CallLog({ prices, traceparent: trace.traceparent });
  c.get("logs").push(log);
  c.get("event").set({ trace: trace.id });
  return log;
}

/** Cloudflare's own word on the data centre; none on a local machine. */
function coloOf(request: Request & { readonly cf?: unknown }): string | null {
  const { cf } = request;
  const colo = typeof cf === "object" && cf !== null && "colo" in cf ? cf.colo : null;
  return typeof colo === "string" ? colo : null;
}

/** Resolves when all of a list are done, those too that are added to it meanwhile. */
async function allDone(works: readonly Promise<void>[]): Promise<void> {
  for (let done = 0; done < works.length;) {
    const next = works.slice(done);
    done = works.length;
    await Promise.allSettled(next);
  }
}
