// Guarantees of the problem answers: the right status, when to come back, and nobody's text.
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { CallLog } from "../../../gateway/core/call-log.ts";
import type { Failure } from "../../../gateway/core/failure.ts";
import type { Edge } from "../../../gateway/edge/edge.ts";
import { problem, type Trouble } from "../../../gateway/edge/problem.ts";
import { RequestEvent } from "../../../gateway/telemetry.ts";

async function answer(trouble: Trouble) {
  const app = new Hono<Edge>();
  app.get("/", (c) => {
    c.set("requestId", "req_1");
    c.set("event", new RequestEvent());
    return problem(c, trouble);
  });
  const response = await app.request("/");
  const body = await response.json<Record<string, unknown>>();
  return { status: response.status, headers: response.headers, body };
}

const unavailable = (...failures: Failure[]) =>
  answer({
    kind: "ranking-unavailable",
    failure: { attempts: [], failures, usage: new CallLog().bill },
  });

const broken: Failure = { reason: "origin_error", status: 500 };
const overloaded = (retryAfterSeconds: number | null): Failure => ({
  reason: "origin_overloaded",
  status: 503,
  retryAfterSeconds,
});

describe("a problem", () => {
  it("is RFC 9457 with the request's id", async () => {
    const { status, headers, body } = await answer({ kind: "not-found" });
    expect(status).toBe(404);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(body).toEqual({
      type: "/problems/not-found",
      title: "Not found",
      status: 404,
      detail: "There is no such route.",
      instance: "urn:themerank:request:req_1",
      request_id: "req_1",
      retryable: false,
    });
  });

  it.each<[Trouble, number]>([
    [{ kind: "unknown-catalog" }, 404],
    [{ kind: "method-not-allowed", allow: "POST" }, 405],
    [{ kind: "unauthorized" }, 401],
    [{ kind: "forbidden", scope: "admin" }, 403],
    [{ kind: "unsupported-media-type", detail: "No." }, 415],
    [{ kind: "payload-too-large" }, 413],
    [{ kind: "invalid-json", detail: "No." }, 400],
    [{ kind: "invalid-request", errors: [] }, 422],
    [{ kind: "internal-error" }, 500],
  ])("of the caller's making or of ours is final: %j", async (trouble, status) => {
    const found = await answer(trouble);
    expect(found.status).toBe(status);
    expect(found.body).toMatchObject({
      status,
      type: `/problems/${trouble.kind}`,
      retryable: false,
    });
    expect(found.headers.has("retry-after")).toBe(false);
  });

  it("names the methods that are allowed, and the scheme that authorizes", async () => {
    const method = await answer({ kind: "method-not-allowed", allow: "GET, HEAD" });
    expect(method.headers.get("allow")).toBe("GET, HEAD");
    const key = await answer({ kind: "unauthorized" });
    expect(key.headers.get("www-authenticate")).toBe("Bearer");
  });

  it("points at each field of an invalid request", async () => {
    const errors = [{ pointer: "/themes/3/label", detail: "is required" }];
    expect((await answer({ kind: "invalid-request", errors })).body["errors"]).toEqual(errors);
  });

  it("names the bad settings of a deployment that cannot serve", async () => {
    const complaints = [
      { name: "RANKERS", detail: "must name at least one" },
      { name: "EGRESS", detail: "must be any, summary or none" },
    ];
    const { status, headers, body } = await answer({ kind: "misconfigured", complaints });
    expect(status).toBe(503);
    expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(body["detail"]).toContain("RANKERS, EGRESS");
    expect(body["settings"]).toEqual(complaints);
  });
});

describe("a ranking that nobody gave", () => {
  it.each<[string, Failure[]]>([
    ["all rankers failed", [broken, { reason: "gemini_blocked" }]],
    ["a ranker's own cap ran out, not the budget", [{ reason: "origin_timeout", limit: "cap" }]],
    [
      "both caps ran out",
      [
        { reason: "origin_timeout", limit: "cap" },
        { reason: "gemini_timeout", limit: "cap" },
      ],
    ],
    ["the breaker was open", [{ reason: "circuit_open" }]],
    ["no ranker was accepted", []],
  ])("is a 503 with Retry-After when %s", async (_, failures) => {
    const { status, headers, body } = await unavailable(...failures);
    expect(status).toBe(503);
    expect(body).toMatchObject({ type: "/problems/ranking-unavailable", retryable: true });
    expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  });

  it("is not worth a retry when all that was accepted may not leave the house", async () => {
    const { status, body } = await unavailable({ reason: "egress" });
    expect([status, body["retryable"]]).toEqual([503, false]);
  });

  it.each<[string, Failure[]]>([
    ["no time was left for a ranker", [broken, { reason: "deadline" }]],
    ["the origin ran into the deadline", [{ reason: "origin_timeout", limit: "deadline" }]],
    ["Gemini ran into the deadline", [broken, { reason: "gemini_timeout", limit: "deadline" }]],
  ])("is a 504 when the budget ran out: %s", async (_, failures) => {
    const { status, body } = await unavailable(...failures);
    expect(status).toBe(504);
    expect(body).toMatchObject({ type: "/problems/deadline-exceeded", retryable: true });
  });

  it.each<[string, Failure[], string]>([
    ["what the upstream asked for", [overloaded(7)], "7"],
    [
      "the soonest of several",
      [overloaded(30), { reason: "gemini_quota", retryAfterSeconds: 9 }],
      "9",
    ],
    ["a second when nobody said", [overloaded(null)], "1"],
    ["a second at least", [overloaded(0)], "1"],
    ["a second at least, whatever nonsense was asked for", [overloaded(-5)], "1"],
    ["a minute at most", [overloaded(1_000_000_000)], "60"],
  ])("asks to come back after %s", async (_, failures, seconds) => {
    expect((await unavailable(...failures)).headers.get("retry-after")).toBe(seconds);
  });

  it.each<[Trouble, number, string | null]>([
    [{ kind: "rate-limited", retryAfterSeconds: 60 }, 429, "60"],
    [{ kind: "keys-unavailable" }, 503, "5"],
    [{ kind: "body-timeout" }, 408, null],
  ])("may be tried again where waiting helps: %j", async (trouble, status, seconds) => {
    const found = await answer(trouble);
    expect(found.status).toBe(status);
    expect(found.headers.get("retry-after")).toBe(seconds);
    expect(found.body).toMatchObject({ type: `/problems/${trouble.kind}`, retryable: true });
  });

  it("tells every attempt in the words of the wire", async () => {
    const attempts = [
      { source: "origin", outcome: "failed", reason: "origin_error", durationMs: 12 },
      { source: "gemini", outcome: "skipped", reason: "egress", durationMs: 0 },
    ] as const;
    const { bill: usage } = new CallLog();
    const failure = { attempts, failures: [broken, { reason: "egress" } as const], usage };
    const { body } = await answer({ kind: "ranking-unavailable", failure });
    expect(body["attempts"]).toEqual([
      { source: "origin", outcome: "failed", reason: "origin_error", duration_ms: 12 },
      { source: "gemini", outcome: "skipped", reason: "egress", duration_ms: 0 },
    ]);
  });

  it("tells what was consumed although nothing came of it", async () => {
    const log = new CallLog();
    log.begin({ source: "origin", model: "m" }, 0).reason = "origin_timeout";
    const failure = { attempts: [], failures: [broken], usage: log.bill };
    const { body } = await answer({ kind: "ranking-unavailable", failure });
    expect(body["usage"]).toMatchObject({
      prompt_tokens: null,
      saved_usd: 0,
      calls: [{ source: "origin", reason: "origin_timeout" }],
    });
  });
});
