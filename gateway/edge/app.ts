// The application: what every request passes, and which routes there are.
import { OpenAPIHono } from "@hono/zod-openapi";
import { cors } from "hono/cors";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import type { ConfigComplaint } from "../config.ts";
import type { CircuitViews } from "../core/circuit.ts";
import type { Result } from "../core/failure.ts";
import type { Clock } from "../core/ports.ts";
import { RecentRequests } from "../telemetry/recent-requests.ts";
import type { RequestRecord } from "../telemetry/request-record.ts";
import { serveCatalogs } from "./catalogs.ts";
import type { Edge } from "./edge.ts";
import { requestEvent } from "./event.ts";
import { guard, holdsScope } from "./guard.ts";
import { methods, pattern, routeOf } from "./methods.ts";
import { servePages } from "./pages/routes.ts";
import { problem } from "./problem.ts";
import { newRequestId } from "./request-id.ts";
import { statusMaxAgeSeconds, toStatus } from "./status.ts";
import { toUsage } from "./usage.ts";
import { serveRankings, type RankingService } from "./ranking.ts";

/** Nothing is loaded, framed or sent anywhere; default-src does not speak for the last three. */
const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/** What the vendors' own clients say of themselves, in a browser too. */
const clientHeaders = [
  "X-Client-Name",
  ...["Language", "Platform", "Runtime", "Runtime-Version", "SDK-Name", "SDK-Version"].map(
    (name) => `X-Fern-${name}`,
  ),
  ...["Arch", "Lang", "OS", "Package-Version", "Retry-Count", "Runtime", "Runtime-Version"].map(
    (name) => `X-Stainless-${name}`,
  ),
];

export interface Service extends RankingService {
  /** What is known now of the upstreams that are configured. */
  readonly circuits: () => CircuitViews;
  /** Cloudflare's id of the version that runs; null where it is not bound. */
  readonly deployment: string | null;
}

/**
 * The HTTP application.
 * @param service what serves, or the complaints about the settings that keep it from serving
 * @param sink gets each request's event, once
 */
export function createApp(
  service: Result<Service, readonly ConfigComplaint[]>,
  clock: Clock,
  version: string,
  sink: (record: RequestRecord) => void = () => {},
): OpenAPIHono<Edge> {
  const app = new OpenAPIHono<Edge>();

  app.use(requestId({ generator: () => newRequestId(clock.nowMs()) }));
  const recent = new RecentRequests(clock.nowMs());
  const circuits = service.ok ? service.value.circuits : () => ({});
  app.use(
    requestEvent({
      clock,
      release: version,
      routeOf,
      circuits,
      sink: (record) => {
        recent.add(record, clock.nowMs());
        sink(record);
      },
    }),
  );
  app.use(async (c, next) => {
    // Beforehand: a header that comes after the answer makes it anew.
    if (c.req.method === "POST") c.header("Cache-Control", "no-store");
    await next();
  });
  app.use(
    secureHeaders({
      contentSecurityPolicy,
      xFrameOptions: "DENY",
      // A page brings a policy of its own, which stays.
      overwrite: false,
      // Of browsers and plugins that are gone; each header is a part of every answer's cost.
      xDnsPrefetchControl: false,
      xDownloadOptions: false,
      xPermittedCrossDomainPolicies: false,
      xXssProtection: false,
    }),
  );
  app.notFound((c) => problem(c, { kind: "not-found" }));
  app.onError((error, c) => {
    // The kind of a defect helps to find it; its message may quote the request.
    c.get("event").set({ defect: error.name });
    return problem(c, { kind: "internal-error" });
  });

  app.get("/healthz", (c) => c.json({ status: "ok" }));

  if (service.ok) serve(app, service.value, clock, version, recent);
  else {
    const complaints = service.failure;
    servePages(app, version);
    app.all("*", (c) => problem(c, { kind: "misconfigured", complaints }));
  }
  return app;
}

function serve(
  app: OpenAPIHono<Edge>,
  service: Service,
  clock: Clock,
  version: string,
  recent: RecentRequests,
): void {
  const { config, pipeline, circuits, access, accounts, catalogs, deployment } = service;
  if (config.CORS_ORIGINS.length > 0) {
    app.use(
      cors({
        origin: [...config.CORS_ORIGINS],
        allowMethods: ["GET", "HEAD", "POST", "PUT", "DELETE"],
        allowHeaders: ["Authorization", "Content-Type", "X-Request-Id", ...clientHeaders],
        exposeHeaders: [
          "X-Request-Id",
          "Server-Timing",
          "Cache-Status",
          "RateLimit-Policy",
          "Retry-After",
        ],
        maxAge: 600,
      }),
    );
  }
  app.get("/readyz", (c) => c.json({ status: "ok" }));
  app.get("/v1/status", async (c) => {
    const isOperator = await holdsScope(access, c.req.header("authorization"), "admin");
    const whose = isOperator ? "private" : "public";
    c.header("Cache-Control", `${whose}, max-age=${statusMaxAgeSeconds}`);
    c.header("Vary", "Authorization", { append: true });
    const seen = isOperator ? recent.view : null;
    return c.json(toStatus(config, pipeline, circuits(), { version, deployment }, seen));
  });

  app.get("/v1/usage", guard(access), async (c) => {
    c.header("Cache-Control", "no-store");
    return c.json(await toUsage(accounts, c.get("identity").tenant, clock.nowMs()));
  });

  servePages(app, version);

  serveRankings(app, service, clock);
  serveCatalogs(app, access, catalogs);

  for (const [path, allow] of methods) {
    app.all(pattern(path), (c) => problem(c, { kind: "method-not-allowed", allow }));
  }
}
