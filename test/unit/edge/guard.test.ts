// Guarantees of the guard: what a key may do and how often, and whom it stops in which order.
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { fail, ok, type Result } from "../../../gateway/core/failure.ts";
import type { Edge, Identity } from "../../../gateway/edge/edge.ts";
import { guard, type Access } from "../../../gateway/edge/guard.ts";
import { RequestEvent } from "../../../gateway/telemetry.ts";
import type { Holder, Refusal } from "../../../gateway/tenancy/keys.ts";

const holder: Holder = {
  keyId: "abcd1234",
  tenant: "acme",
  scopes: ["rank"],
  egress: "summary",
  epoch: 3,
};

function setUp(change: Partial<Access> = {}, found: Result<Holder, Refusal> = ok(holder)) {
  const faults: string[] = [];
  const counted: string[] = [];
  const told: { identity?: Identity } = {};
  const access: Access = {
    mode: "required",
    egress: "any",
    keys: { holderOf: () => Promise.resolve(found) } as unknown as Access["keys"],
    rateLimiter: {
      limit({ key }) {
        counted.push(key);
        return Promise.resolve({ success: counted.length <= 2 });
      },
    },
    pseudonym: () => Promise.resolve("0123456789abcdef"),
    report: (fault) => void faults.push(fault),
    ...change,
  };
  const app = new Hono<Edge>();
  app.use(async (c, next) => {
    c.set("requestId", "req_1");
    c.set("event", new RequestEvent());
    await next();
  });
  const handle = (identity: Identity) => {
    told.identity = identity;
  };
  app.post("/", guard(access), (c) => {
    handle(c.get("identity"));
    return c.json({});
  });
  app.put("/", guard(access, "admin"), (c) => c.json({}));
  const ask = async (method = "POST") => app.request("/", { method });
  return { ask, faults, counted, told };
}

describe("the guard", () => {
  it("tells the route who asks, with the stricter egress of key and deployment", async () => {
    const { ask, told } = setUp();
    expect((await ask()).status).toBe(200);
    expect(told.identity).toEqual({ tenant: "acme", egress: "summary", epoch: 3 });
    const strict = setUp({ egress: "none" });
    await strict.ask();
    expect(strict.told.identity?.egress).toBe("none");
  });

  it("in the open mode lets everybody in as tenant local, unlimited, whatever key is sent", async () => {
    const { ask, told, counted } = setUp({ mode: "open" }, fail("unknown"));
    for (let count = 0; count < 5; count += 1) expect((await ask("PUT")).status).toBe(200);
    const response = await ask();
    expect(response.headers.get("ratelimit-policy")).toBeNull();
    expect(told.identity).toEqual({ tenant: "local", egress: "any", epoch: 0 });
    expect(counted).toEqual([]);
  });

  it("answers 403 without the scope, and that costs no request of the rate", async () => {
    const { ask, counted } = setUp();
    const response = await ask("PUT");
    expect([response.status, await response.json()]).toMatchObject([
      403,
      { type: "/problems/forbidden", detail: "This API key does not have the scope admin." },
    ]);
    expect(counted).toEqual([]);
    const admin = setUp({}, ok({ ...holder, scopes: ["admin"] }));
    expect([(await admin.ask("PUT")).status, (await admin.ask()).status]).toEqual([200, 403]);
  });

  it("answers 429 over the rate of the key, with the policy and when to come back", async () => {
    const { ask, counted } = setUp();
    expect((await ask()).headers.get("ratelimit-policy")).toBe('"default";q=60;w=60');
    await ask();
    const response = await ask();
    expect(response.status).toBe(429);
    expect(response.headers.get("ratelimit-policy")).toBe('"default";q=60;w=60');
    expect(response.headers.get("retry-after")).toBe("60");
    expect(await response.json()).toMatchObject({ retryable: true });
    expect(counted).toEqual(["abcd1234", "abcd1234", "abcd1234"]);
  });

  it("lets pass where the limiter fails, and reports it", async () => {
    const rateLimiter = { limit: () => Promise.reject(new Error("canary")) };
    const { ask, faults } = setUp({ rateLimiter });
    expect((await ask()).status).toBe(200);
    expect(faults).toEqual(["limiter_failed"]);
  });

  it("lets pass where there is no limiter, and reports that once", async () => {
    const { ask, faults } = setUp({ rateLimiter: undefined });
    for (let count = 0; count < 3; count += 1) expect((await ask()).status).toBe(200);
    expect(faults).toEqual(["limiter_missing"]);
  });

  it("answers 401 for what is no key and 503 where that cannot be told; neither counts", async () => {
    const { ask, counted } = setUp({}, fail("unknown"));
    const response = await ask();
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    const down = setUp({}, fail("unavailable"));
    const answer = await down.ask();
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect([...counted, ...down.counted]).toEqual([]);
  });
});
