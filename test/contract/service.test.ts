// The service around the rankings: health, readiness, status, document, keys, ids, events.
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { statusAnswer } from "../../gateway/edge/answer-schema.ts";
import { FakeControl } from "./support.ts";
import { guardedEnvironment, issueKey } from "./keys.ts";
import { freshText, get, life, post, send, sendTo } from "./service.ts";

afterEach(() => vi.restoreAllMocks());

describe("health", () => {
  it("is told alive and ready", async () => {
    for (const path of ["/healthz", "/readyz"]) {
      const response = await get(path);
      expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
    }
  });

  it("is not ready when none of its rankers has its settings", async () => {
    const response = await get("/readyz", { RANKERS: "origin", ORIGIN_BASE_URL: "" });
    expect(response.status).toBe(503);
    expect(await response.text()).toContain("RANKERS");
  });

  it("is alive but not ready with bad settings, which are named without their values", async () => {
    const bad = { RANKERS: "origin,oracle", ORIGIN_TIMEOUT_MS: "31000", EGRESS: "s3cret" };
    expect((await get("/healthz", bad)).status).toBe(200);
    for (const response of [await get("/readyz", bad), await post("/v1/rank", {}, bad)]) {
      expect(response.status).toBe(503);
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      const body = await response.text();
      for (const name of Object.keys(bad)) expect(body).toContain(name);
      for (const value of Object.values(bad)) expect(body).not.toContain(value);
    }
  });
});

describe("/v1/status", () => {
  it.each([
    ["hybrid", {}],
    ["all-gemini", { ORIGIN_BASE_URL: "" }],
    ["all-local", { GEMINI_API_KEY: "" }],
    ["lexical", { ORIGIN_BASE_URL: "", GEMINI_API_KEY: "" }],
  ])("tells the mode %s by the settings", async (mode, overrides) => {
    const status = statusAnswer.parse(await (await get("/v1/status", overrides)).json());
    expect(status.mode).toBe(mode);
    const usable = Object.fromEntries(
      status.rankers.map(({ source, configured }) => [source, configured]),
    );
    expect(usable).toEqual({
      origin: mode === "hybrid" || mode === "all-local",
      gemini: mode === "hybrid" || mode === "all-gemini",
      lexical: true,
    });
  });
});

describe("/v1/status for an operator", () => {
  const status = async (to: Env, key: string | null) => {
    const headers = key === null ? {} : { authorization: `Bearer ${key}` };
    const request = new Request("https://themerank.test/v1/status", { headers });
    const response = await sendTo(to, request);
    expect(response.status).toBe(200);
    expect(response.headers.get("vary")).toContain("Authorization");
    const { isolate } = statusAnswer.parse(await response.json());
    return { isolate, cached: response.headers.get("cache-control") };
  };

  it("tells a key with the scope admin alone what the isolate has seen", async () => {
    const { env: to } = guardedEnvironment();
    const admin = (await issueKey({ scopes: ["rank", "admin"] })).text;
    const nothing = { isolate: undefined, cached: "public, max-age=5" };
    for (const key of [null, "nonsense", (await issueKey()).text])
      expect(await status(to, key)).toEqual(nothing);
    const seen = await status(to, admin);
    expect(seen.cached).toBe("private, max-age=5");
    expect(seen.isolate).toMatchObject({ rankings: 0, hit_ratio: null, failovers: [] });

    const rank = async (body: object) => {
      const headers = { "content-type": "application/json", authorization: `Bearer ${admin}` };
      const init = {
        method: "POST",
        headers,
        body: JSON.stringify({ themes: ["Money"], ...body }),
      };
      const response = await sendTo(to, new Request("https://themerank.test/v1/rank", init));
      return response.headers.get("x-request-id");
    };
    const text = freshText();
    await rank({ text });
    await rank({ text });
    await rank({});
    const vllm = new FakeControl(inject("vllm"));
    await vllm.break({ kind: "status", status: 500 });
    const failed = await rank({ text: freshText(), sources: ["origin", "lexical"] });
    const nobody = await rank({ text: freshText(), sources: ["origin"] });
    await vllm.reset();
    expect((await status(to, admin)).isolate).toMatchObject({
      rankings: 4,
      hit_ratio: 0.25,
      failover_rate: 0.5,
      failovers: [
        { request_id: nobody, source: null, reason: "origin_error" },
        { request_id: failed, source: "lexical", reason: "origin_error" },
      ],
    });
  });
});

describe("/openapi.json", () => {
  it("is OpenAPI 3.1 and describes every route that answers", async () => {
    const document = await (
      await get("/openapi.json")
    ).json<{
      openapi: string;
      paths: Record<string, object>;
    }>();
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths).toSorted()).toEqual([
      "/healthz",
      "/rank-themes",
      "/readyz",
      "/rerank",
      "/v1/analyze",
      "/v1/catalogs",
      "/v1/catalogs/{name}",
      "/v1/classify",
      "/v1/rank",
      "/v1/rank/batch",
      "/v1/rerank",
      "/v1/reranking",
      "/v1/status",
      "/v1/usage",
      "/v2/rerank",
    ]);
  });
});

describe("keys", () => {
  const required = { AUTH_MODE: "required" };

  it("are required where the mode is not open; health, status and document stay public", async () => {
    for (const path of ["/v1/rank", "/v1/analyze", "/rank-themes"]) {
      const response = await post(path, { text: "Rent.", themes: ["Money"] }, required);
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
    }
    for (const path of ["/healthz", "/readyz", "/v1/status", "/openapi.json"]) {
      expect((await get(path, required)).status).toBe(200);
    }
  });

  it("are required by default", async () => {
    const unset: Record<string, string> = { AUTH_MODE: undefined as never };
    expect((await post("/v1/rank", { text: "Rent.", themes: ["Money"] }, unset)).status).toBe(401);
  });
});

describe("a request id", () => {
  it("is given, or taken from the caller when it is harmless", async () => {
    const ask = (id: string) =>
      send(new Request("https://themerank.test/healthz", { headers: { "x-request-id": id } }));
    expect((await ask("my-request_7")).headers.get("x-request-id")).toBe("my-request_7");
    for (const bad of ["a b", "x".repeat(256), "<script>"]) {
      expect((await ask(bad)).headers.get("x-request-id")).toMatch(/^req_[0-9A-HJKMNP-TV-Z]{26}$/);
    }
  });
});

describe("the wide event", () => {
  it("is one JSON line per request, without a word of the caller's", async () => {
    const lines: string[] = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
    const text = `${freshText()} canary-text`;
    await post("/v1/analyze", { text, themes: ["canary-label", ...life] });
    await post("/v1/rank", { text, themes: "canary-bad" });
    await get("/canary-path");
    expect(lines).toHaveLength(3);
    const [good, bad, lost] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(good).toMatchObject({
      event: "request",
      route: "/v1/analyze",
      status: 200,
      source: "origin",
      degraded: false,
      cache: "miss",
      themes: 25,
      summary_source: "gemini",
    });
    expect(bad).toMatchObject({ status: 422, problem: "invalid-request" });
    expect(lost).toMatchObject({ status: 404, route: null });
    expect(lines.join("\n")).not.toContain("canary");
    await new FakeControl(inject("vllm")).reset();
    await new FakeControl(inject("gemini")).reset();
  });
});
