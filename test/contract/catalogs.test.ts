// Catalogues as their owner and others meet them, on the whole Worker.
import { env } from "cloudflare:workers";
import { afterAll, beforeEach, describe, expect, inject, it } from "vitest";
import { guardedEnvironment, issueKey } from "./keys.ts";
import { freshText, life, sendTo } from "./service.ts";
import { FakeControl } from "./support.ts";

const vllm = new FakeControl(inject("vllm"));
beforeEach(() => vllm.reset());
afterAll(() => vllm.reset());

type Scopes = ("rank" | "admin")[];

/** A tenant that no other test has, asking with a key of these scopes. */
async function tenant(scopes: Scopes = ["rank", "admin"], name: string = crypto.randomUUID()) {
  const { text: key } = await issueKey({ tenant: name, scopes });
  const { env: to } = guardedEnvironment();
  const ask = (method: string, path: string, body?: object | string) =>
    sendTo(
      to,
      new Request(`https://themerank.test${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    );
  return { name, to, ask };
}

const themes = ["Money", { id: "sleep", label: "Sleep", description: "Rest, dreams" }];
const stored = [
  { id: "Money", label: "Money", description: "" },
  { id: "sleep", label: "Sleep", description: "Rest, dreams" },
];

describe("a catalogue", () => {
  it("is written, read, listed, ranked by its name and deleted", async () => {
    const { ask } = await tenant();
    const written = await ask("PUT", "/v1/catalogs/mine", { themes });
    expect(written.status).toBe(200);
    const catalog = await written.json<{ updated_at: string }>();
    const updatedAt = catalog.updated_at;
    expect(catalog).toEqual({ name: "mine", version: 1, themes: stored, updated_at: updatedAt });
    expect(await (await ask("GET", "/v1/catalogs/mine")).json()).toEqual(catalog);
    const listed = await (await ask("GET", "/v1/catalogs")).json<{ catalogs: object[] }>();
    expect(listed.catalogs).toEqual([
      expect.objectContaining({ name: "life", version: 1, theme_count: life.length }),
      { name: "mine", version: 1, updated_at: updatedAt, theme_count: 2 },
    ]);
    const ranked = await ask("POST", "/v1/rank", { text: freshText(), catalog: "mine" });
    expect(await ranked.json()).toMatchObject({ themes: [{ id: "Money" }, { id: "sleep" }] });
    const deleted = await ask("DELETE", "/v1/catalogs/mine");
    expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
    expect((await ask("GET", "/v1/catalogs/mine")).status).toBe(404);
    const gone = await ask("POST", "/v1/rank", { text: "Rent", catalog: "mine" });
    expect([gone.status, await gone.json()]).toMatchObject([
      404,
      { errors: [{ pointer: "/catalog" }] },
    ]);
    expect((await ask("DELETE", "/v1/catalogs/mine")).status).toBe(204);
  });

  it("has a version that rises with each writing, seen by another isolate too", async () => {
    const { name, ask } = await tenant();
    await ask("PUT", "/v1/catalogs/mine", { themes });
    const second = await ask("PUT", "/v1/catalogs/mine", { themes: ["Rent"] });
    expect(await second.json()).toMatchObject({ version: 2, themes: [{ id: "Rent" }] });
    const elsewhere = await tenant(["rank"], name);
    const seen = await elsewhere.ask("GET", "/v1/catalogs/mine");
    expect(await seen.json()).toMatchObject({ version: 2, themes: [{ id: "Rent" }] });
  });

  it("that is changed is ranked again only where it has changed", async () => {
    const { ask } = await tenant();
    const text = freshText();
    const rank = async () =>
      (await ask("POST", "/v1/rank", { text, catalog: "mine" })).json<{ cache: object }>();
    await ask("PUT", "/v1/catalogs/mine", { themes: life });
    expect(await rank()).toMatchObject({ cache: { status: "miss", ranked: 24 } });
    const [first, ...rest] = life;
    const changed = [...rest, { ...first, description: "Something else entirely" }];
    await ask("PUT", "/v1/catalogs/mine", { themes: changed });
    expect(await rank()).toMatchObject({ cache: { status: "partial", known: 23, ranked: 1 } });
    const requests = await vllm.requests();
    const prompts = requests.map(({ body }) => (body as { prompt: string[] }).prompt.length);
    expect(prompts).toEqual([24, 1]);
  });

  it("is its tenant's alone", async () => {
    const [owner, rival] = [await tenant(), await tenant()];
    await owner.ask("PUT", "/v1/catalogs/mine", { themes });
    expect((await rival.ask("GET", "/v1/catalogs/mine")).status).toBe(404);
    expect((await rival.ask("DELETE", "/v1/catalogs/mine")).status).toBe(204);
    const { catalogs } = await (
      await rival.ask("GET", "/v1/catalogs")
    ).json<{ catalogs: { name: string }[] }>();
    expect(catalogs.map(({ name }) => name)).toEqual(["life"]);
    expect((await owner.ask("GET", "/v1/catalogs/mine")).status).toBe(200);
  });

  it("of another shape in KV is none", async () => {
    const { name, ask } = await tenant();
    const metadata = { version: 1, updated_at: "2026-11-22T00:00:00.000Z", theme_count: 1 };
    await env.STATE.put(`catalog:${name}:a`, JSON.stringify([{ id: 1 }]), { metadata });
    await env.STATE.put(`catalog:${name}:b`, JSON.stringify(stored), {
      metadata: { version: "1" },
    });
    for (const path of ["/v1/catalogs/a", "/v1/catalogs/b"]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect((await ask("GET", path)).status).toBe(404);
    }
  });
});

describe("writing a catalogue", () => {
  it("asks for the scope admin, reading for rank", async () => {
    const reader = await tenant(["rank"]);
    expect((await reader.ask("GET", "/v1/catalogs/life")).status).toBe(200);
    expect((await reader.ask("PUT", "/v1/catalogs/mine", { themes })).status).toBe(403);
    expect((await reader.ask("DELETE", "/v1/catalogs/mine")).status).toBe(403);
    const writer = await tenant(["admin"]);
    expect((await writer.ask("PUT", "/v1/catalogs/mine", { themes })).status).toBe(200);
    expect((await writer.ask("GET", "/v1/catalogs/mine")).status).toBe(403);
  });

  it("is refused with a pointer for each field that is wrong, and for a name that is none", async () => {
    const { ask } = await tenant();
    const pointers = async (path: string, body: object | string) => {
      const response = await ask("PUT", path, body);
      const { errors = [] } = await response.json<{ errors?: { pointer: string }[] }>();
      return [response.status, ...errors.map(({ pointer }) => pointer)];
    };
    const mine = "/v1/catalogs/mine";
    expect(await pointers(mine, "{")).toEqual([400]);
    expect(await pointers(mine, "null")).toEqual([422, ""]);
    expect(await pointers(mine, {})).toEqual([422, "/themes"]);
    expect(await pointers(mine, { themes: [] })).toEqual([422, "/themes"]);
    expect(await pointers(mine, { themes: ["a", "a"] })).toEqual([422, "/themes/1/id"]);
    expect(await pointers(mine, { themes, name: "mine" })).toEqual([422, "/name"]);
    expect(await pointers("/v1/catalogs/Not%20a%20name", { themes })).toEqual([422, "/name"]);
    expect(await pointers(`/v1/catalogs/${"a".repeat(65)}`, { themes })).toEqual([422, "/name"]);
    expect((await ask("GET", "/v1/catalogs/Not%20a%20name")).status).toBe(404);
    expect((await ask("DELETE", "/v1/catalogs/Not%20a%20name")).status).toBe(404);
    expect((await ask("GET", "/v1/catalogs/a/b")).status).toBe(404);
  });

  it("does not touch what is built in", async () => {
    const { ask } = await tenant();
    for (const [method, body] of [["PUT", { themes }], ["DELETE"]] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const response = await ask(method, "/v1/catalogs/life", body);
      expect([response.status, await response.json()]).toMatchObject([
        409,
        { type: "/problems/catalog-read-only", retryable: false },
      ]);
    }
    expect(await (await ask("GET", "/v1/catalogs/life")).json()).toMatchObject({ themes: life });
  });

  it("is refused for the 101st catalogue, not for one that is there", async () => {
    const { name, ask } = await tenant();
    const metadata = { version: 1, updated_at: "2026-11-22T00:00:00.000Z", theme_count: 2 };
    const names = Array.from({ length: 99 }, (_, index) => `catalog:${name}:c${index}`);
    await Promise.all(names.map((key) => env.STATE.put(key, JSON.stringify(stored), { metadata })));
    expect((await ask("PUT", "/v1/catalogs/mine", { themes })).status).toBe(200);
    const refused = await ask("PUT", "/v1/catalogs/other", { themes });
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { type: "/problems/too-many-catalogs" },
    ]);
    expect((await ask("PUT", "/v1/catalogs/c7", { themes })).status).toBe(200);
  });

  it("answers other methods with those that there are", async () => {
    const { ask } = await tenant();
    const allow = async (path: string) => {
      const response = await ask("POST", path, {});
      return [response.status, response.headers.get("allow")];
    };
    expect(await allow("/v1/catalogs")).toEqual([405, "GET, HEAD"]);
    expect(await allow("/v1/catalogs/mine")).toEqual([405, "GET, HEAD, PUT, DELETE"]);
  });
});

describe("while KV is down", () => {
  it("the built-in catalogue serves, and others are a 503 that may be retried", async () => {
    const STATE = new Proxy(env.STATE, {
      get: () => () => Promise.reject(new Error("KV is down")),
    });
    const to: Env = { ...env, AUTH_MODE: "open", STATE };
    const rank = (catalog: string) =>
      sendTo(
        to,
        new Request("https://themerank.test/v1/rank", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ text: freshText(), catalog }),
        }),
      );
    expect((await rank("life")).status).toBe(200);
    const unknown = await rank("mine");
    expect([unknown.status, await unknown.json()]).toMatchObject([
      503,
      { type: "/problems/catalogs-unavailable", retryable: true },
    ]);
    expect(Number(unknown.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});
