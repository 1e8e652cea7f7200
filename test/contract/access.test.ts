// Keys, rates and browsers as a caller of the whole Worker meets them.
import { env } from "cloudflare:workers";
import { afterAll, describe, expect, inject, it } from "vitest";
import { FakeControl } from "./support.ts";
import { guardedEnvironment, issueKey } from "./keys.ts";
import { freshText, get, life, send, sendTo } from "./service.ts";

afterAll(async () => {
  for (const fake of ["vllm", "gemini"] as const) await new FakeControl(inject(fake)).reset();
});

const url = "https://themerank.test/v1/rank";
const json = { "content-type": "application/json" };
const good = JSON.stringify({ text: "Rent.", themes: ["Money"] });

function ask(to: Env, key: string | null, init: RequestInit = {}, at = url): Promise<Response> {
  const headers = new Headers({ ...json, ...Object.fromEntries(new Headers(init.headers)) });
  if (key !== null) headers.set("authorization", `Bearer ${key}`);
  return sendTo(to, new Request(at, { method: "POST", body: good, ...init, headers }));
}

describe("a refused key", () => {
  it("is told the same whatever is wrong with it, but for the request's id", async () => {
    const { env: to } = guardedEnvironment();
    const revoked = await issueKey({ revoked_at: "2026-11-22T13:00:00.000Z" });
    const gone = await issueKey();
    await env.STATE.delete(`key:${gone.id}`);
    const answers = [];
    for (const key of [null, "nonsense", gone.text, revoked.text]) {
      const response = await ask(to, key);
      const { request_id: id, ...body } = await response.json<{ request_id: string }>();
      const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`);
      answers.push(JSON.stringify([response.status, body, headers]).replaceAll(id, "ID"));
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^\[401,/);
  });

  it("is refused before the body is looked at, and after the route and its method", async () => {
    const { env: to } = guardedEnvironment();
    const statuses = async (key: string | null) => [
      (await ask(to, key, {}, "https://themerank.test/v1/nothing")).status,
      (await ask(to, key, { method: "PUT" })).status,
      (await ask(to, key, { headers: { "content-type": "text/plain" } })).status,
      (await ask(to, key, { body: "x".repeat(600_000) })).status,
      (await ask(to, key, { body: "{" })).status,
      (await ask(to, key, { body: "{}" })).status,
    ];
    expect(await statuses(null)).toEqual([404, 405, 401, 401, 401, 401]);
    expect(await statuses((await issueKey()).text)).toEqual([404, 405, 415, 413, 400, 422]);
    expect((await ask(to, (await issueKey({ scopes: ["admin"] })).text)).status).toBe(403);
    const spent = guardedEnvironment(0).env;
    expect((await ask(spent, (await issueKey()).text, { body: "{" })).status).toBe(429);
    expect((await ask(spent, (await issueKey({ scopes: [] })).text)).status).toBe(403);
  });
});

describe("a key's egress", () => {
  it("keeps its texts from Gemini where the deployment would not", async () => {
    const gemini = new FakeControl(inject("gemini"));
    await gemini.reset();
    const { env: to } = guardedEnvironment();
    const { text: key } = await issueKey({ egress: "none" });
    const body = JSON.stringify({ text: freshText(), themes: life });
    const response = await ask(to, key, { body }, "https://themerank.test/v1/analyze");
    expect(await response.json()).toMatchObject({
      summary: { source: "origin", reason: "egress" },
    });
    expect(await gemini.requests()).toEqual([]);
  });
});

describe("the rate", () => {
  it("is kept by the platform's own binding as wrangler.toml sets it", async () => {
    const to = { ...env, AUTH_MODE: "required" };
    const { text: key } = await issueKey();
    const other = await issueKey();
    // One minute's 60 may be spent, and the next minute's 60 if it begins meanwhile.
    const statuses = new Set<number>();
    for (let count = 0; count < 121; count += 1) {
      statuses.add((await ask(to, key, { body: "{}" })).status);
    }
    expect(statuses).toEqual(new Set([422, 429]));
    expect((await ask(to, other.text, { body: "{}" })).status).toBe(422);
  });
});

describe("a browser of another origin", () => {
  const app = "https://app.example";
  const listed = { CORS_ORIGINS: `${app},http://localhost:3000`, AUTH_MODE: "required" };
  const preflight = (origin: string) =>
    new Request(url, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
      },
    });

  it("is let in where it is listed, before it has shown a key", async () => {
    const response = await send(preflight(app), listed);
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe(app);
    expect(response.headers.get("access-control-allow-methods")).toContain("POST");
    expect(response.headers.get("access-control-allow-headers")).toContain("Authorization");
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
    expect(response.headers.get("vary")).toContain("Origin");
  });

  it("can read what went wrong, too", async () => {
    const request = new Request(url, {
      method: "POST",
      headers: { ...json, origin: app },
      body: "",
    });
    const response = await send(request, listed);
    expect(response.status).toBe(401);
    expect(response.headers.get("access-control-allow-origin")).toBe(app);
    expect(response.headers.get("access-control-expose-headers")).toContain("Retry-After");
    expect(response.headers.get("vary")).toContain("Origin");
  });

  it.each([
    "https://evil.example",
    "https://app.example.evil.example",
    "null",
    "http://app.example",
  ])("is not let in as %s, and no cache mixes the two up", async (origin) => {
    for (const request of [
      preflight(origin),
      new Request(url, { method: "POST", headers: { ...json, origin }, body: good }),
    ]) {
      const response = await send(request, listed);
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
      expect(response.headers.get("vary")).toContain("Origin");
    }
  });
});

describe("every answer", () => {
  it("is not to be sniffed, framed or to load anything", async () => {
    const answers = [
      await get("/healthz"),
      await get("/nothing"),
      await send(new Request(url, { method: "POST", headers: json, body: good })),
    ];
    for (const { headers } of answers) {
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toBe(
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});
