// Privacy, shown by canaries: words that nobody else uses, in every field, through every outcome, and
// then looked for wherever something could have been kept or said.
import { listDurableObjectIds, reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import blocked from "../fixtures/gemini-blocked.json";
import { FakeControl } from "./support.ts";
import { guardedEnvironment, issueKey } from "./keys.ts";
import { send, sendTo, type Overrides } from "./service.ts";

const vllm = new FakeControl(inject("vllm"));
const gemini = new FakeControl(inject("gemini"));

const canaries = {
  text: "quillfeather",
  label: "mossgatekeeper",
  description: "thornapplejuice",
  id: "brindlecoatid",
  key: "tr_live_saltmarshkey",
  value: "oddmentvalue",
};
const anyCanary = new RegExp(Object.values(canaries).join("|"), "i");

let count = 0;
const body = (change: object = {}) => ({
  text: `Note ${(count += 1)}: debt and ${canaries.text} keep me awake.`,
  themes: [
    { id: canaries.id, label: canaries.label, description: canaries.description },
    { label: "Debt" },
  ],
  ...change,
});

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  for (const level of ["log", "info", "warn", "error", "debug", "trace"] as const) {
    vi.spyOn(console, level).mockImplementation((...said: unknown[]) => {
      lines.push(said.map((each) => (each instanceof Error ? each.stack : String(each))).join(" "));
    });
  }
});
afterEach(async () => {
  vi.restoreAllMocks();
  await vllm.reset();
  await gemini.reset();
  await reset();
});

interface Asking {
  readonly path?: string;
  readonly method?: string;
  readonly type?: string;
  readonly key?: string;
  /** An environment of the test's own, in place of the overrides. */
  readonly to?: Env;
}

/** Sends a body with a key; a string is sent as it is. */
function ask(given: object | string, overrides: object = {}, asking: Asking = {}) {
  const { path = "/v1/analyze", method = "POST", type = "application/json" } = asking;
  const { key = canaries.key, to } = asking;
  const headers = { "content-type": type, authorization: `Bearer ${key}` };
  const text = typeof given === "string" ? given : JSON.stringify(given);
  const request = new Request(`https://themerank.test${path}`, {
    method,
    headers,
    ...(method === "POST" && { body: text }),
  });
  return to === undefined ? send(request, overrides as Overrides) : sendTo(to, request);
}

/** Everything that the deployment keeps, keys' records included, but for the summaries, which are made of the text. */
async function kept(): Promise<string[]> {
  const found: string[] = [];
  const state = await env.STATE.list();
  for (const key of state.keys) {
    found.push(JSON.stringify(key));
    // oxlint-disable-next-line no-await-in-loop -- a handful
    found.push((await env.STATE.get(key.name)) ?? "");
  }
  const { keys } = await env.CACHE.list();
  for (const key of keys) {
    found.push(JSON.stringify(key));
    // oxlint-disable-next-line no-await-in-loop -- a handful
    if (!key.name.startsWith("summary:")) found.push((await env.CACHE.get(key.name)) ?? "");
  }
  for (const id of await listDurableObjectIds(env.BUDGET)) {
    // oxlint-disable-next-line no-await-in-loop -- a handful
    const rows = await runInDurableObject(env.BUDGET.get(id), (_, { storage }) => {
      const { sql } = storage;
      const tables = sql
        .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
        .toArray();
      return tables
        .filter(({ name }) => !name.startsWith("_"))
        .map(({ name }) => [name, sql.exec(`SELECT * FROM "${name}"`).toArray()]);
    });
    found.push(JSON.stringify(rows));
  }
  return found;
}

/** Upstreams that quote the request in their errors, as vLLM and Google do. */
const quoting = (status: number) => ({
  kind: "status" as const,
  status,
  body: { error: { code: status, message: `Cannot read: ${Object.values(canaries).join(" ")}` } },
});
const faultyCache = {
  get: () => Promise.reject(new Error(`no ${canaries.text}`)),
  put: () => Promise.reject(new Error(`no ${canaries.text}`)),
};
const silentBudget = { getByName: () => expect.fail(`no ${canaries.text}`) };
const allGemini = { ORIGIN_BASE_URL: "" };
const rank = { path: "/v1/rank" };
const nobody = async () => {};
const originBroken = () => vllm.break(quoting(500));
const bothBroken = async () => {
  await vllm.break(quoting(400));
  await gemini.break(quoting(500));
};

const outcomes: [
  name: string,
  status: number,
  prepare: () => Promise<unknown>,
  ask: () => Promise<Response>,
][] = [
  ["a miss", 200, nobody, () => ask(body())],
  [
    "a hit",
    200,
    nobody,
    async () => {
      const given = body();
      await ask(given);
      return ask(given);
    },
  ],
  [
    "a partial hit",
    200,
    nobody,
    async () => {
      const given = body();
      await ask(given);
      return ask({ ...given, themes: [...given.themes, `${canaries.label} two`] });
    },
  ],
  ["a bypass", 200, nobody, () => ask(body({ cache: "no-store" }))],
  ["a fallback to Gemini", 200, originBroken, () => ask(body())],
  ["a fallback to words", 200, bothBroken, () => ask(body())],
  ["the older clients' route", 200, nobody, () => ask(body(), {}, { path: "/rank-themes" })],
  ["nobody left", 503, bothBroken, () => ask(body({ sources: ["origin", "gemini"] }))],
  [
    "a blocked text",
    503,
    () => gemini.break({ kind: "body", body: blocked }),
    () => ask(body({ sources: ["gemini"] }), allGemini),
  ],
  [
    "a text out of time",
    504,
    () => vllm.break({ kind: "hang" }),
    () => ask(body({ sources: ["origin"], timeout_ms: 1_000 })),
  ],
  [
    "a spent budget",
    503,
    nobody,
    () => ask(body({ sources: ["gemini"] }), { ...allGemini, GEMINI_DAILY_CALLS: "0" }),
  ],
  [
    "a silent BUDGET",
    200,
    nobody,
    () => ask(body(), { ...allGemini, GEMINI_DAILY_CALLS: "9", BUDGET: silentBudget }),
  ],
  ["a KV fault", 200, nobody, () => ask(body(), { CACHE: faultyCache })],
  [
    "a defect",
    500,
    () => {
      const broken = () => Promise.reject(new TypeError(`cannot sign ${canaries.text}`));
      vi.spyOn(crypto.subtle, "sign").mockImplementation(broken);
      return Promise.resolve();
    },
    () => ask(body()),
  ],
  ["no key that is known", 401, nobody, () => ask(body(), { AUTH_MODE: "required" })],
  ["no such route", 404, nobody, () => ask(body(), {}, { path: `/v1/${canaries.text}` })],
  [
    "no such catalog",
    404,
    nobody,
    () => ask(body({ themes: undefined, catalog: canaries.value }), {}, rank),
  ],
  ["another method", 405, nobody, () => ask({}, {}, { ...rank, method: "DELETE" })],
  [
    "a body that is too large",
    413,
    nobody,
    () => ask(body({ text: canaries.text.repeat(50_000) }), {}, rank),
  ],
  [
    "another media type",
    415,
    nobody,
    () => ask(body(), {}, { ...rank, type: `text/${canaries.value}` }),
  ],
  ["cut JSON", 400, nobody, () => ask(JSON.stringify(body()).slice(0, -20), {}, rank)],
  ["JSON that is a text", 422, nobody, () => ask(JSON.stringify(canaries.text), {}, rank)],
  [
    "values that are not allowed",
    422,
    nobody,
    () =>
      ask(
        body({
          cache: canaries.value,
          sources: [canaries.value],
          top_k: canaries.value,
          summary: { language: canaries.value, max_themes: canaries.value },
          themes: [canaries.label, canaries.label, { label: canaries.label.repeat(20) }, 7],
        }),
      ),
  ],
  [
    "bad settings",
    503,
    nobody,
    () => ask(body(), { RANKERS: canaries.value, GEMINI_DAILY_CALLS: canaries.value }),
  ],
];

describe("no word of a text, a theme or a key is logged, told in a problem or kept", () => {
  it.each(outcomes)("after %s (%i)", async (_, status, prepare, asking) => {
    await prepare();
    const response = await asking();
    const answer = await response.text();
    expect(response.status).toBe(status);
    expect(lines.length).toBeGreaterThanOrEqual(1);
    expect(lines.join("\n")).not.toMatch(anyCanary);
    expect(JSON.stringify([...response.headers])).not.toMatch(anyCanary);
    // An answer names the themes it ranks; a problem names nothing.
    if (status !== 200) expect(answer).not.toMatch(anyCanary);
    expect((await kept()).join("\n")).not.toMatch(anyCanary);
  });
});

describe("no part of a real key is logged, told or kept, but its id", () => {
  const revoked = { revoked_at: "2026-11-22T12:00:00.000Z" };
  it.each([
    ["that is good", 200, {}, Number.POSITIVE_INFINITY],
    ["that is revoked", 401, revoked, Number.POSITIVE_INFINITY],
    ["that has asked too often", 429, {}, 0],
  ])("after a key %s (%i)", async (_, status, record, rate) => {
    const key = await issueKey(record);
    const response = await ask(body(), {}, { key: key.text, to: guardedEnvironment(rate).env });
    const answer = await response.text();
    expect(response.status).toBe(status);
    const secret = key.text.split("_")[3] ?? "";
    const told = [...lines, answer, JSON.stringify([...response.headers]), ...(await kept())];
    expect(told.join("\n")).not.toContain(secret);
    expect(lines.join("\n")).not.toMatch(anyCanary);
    expect(secret).toHaveLength(43);
  });
});

describe("the search itself", () => {
  it("finds what is logged, and what is kept in KV, in its metadata and in BUDGET", async () => {
    console.warn("a", new Error(canaries.text));
    expect(lines.join("\n")).toMatch(anyCanary);
    const finds = async () => anyCanary.test((await kept()).join("\n"));
    expect(await finds()).toBe(false);
    await env.CACHE.put("k", canaries.label);
    expect(await finds()).toBe(true);
    await env.CACHE.put("k", "v", { metadata: { about: canaries.key } });
    expect(await finds()).toBe(true);
    await env.CACHE.delete("k");
    expect(await finds()).toBe(false);
    await env.STATE.put("k", canaries.key);
    expect(await finds()).toBe(true);
    await env.STATE.delete("k");
    expect(await finds()).toBe(false);
    await ask(body());
    await runInDurableObject(env.BUDGET.getByName("local"), (_, { storage }) => {
      storage.sql.exec("CREATE TABLE notes (note TEXT)");
      storage.sql.exec("INSERT INTO notes VALUES (?)", canaries.text);
    });
    expect(await finds()).toBe(true);
  });

  it("has something to search: scores, a summary and counts are kept", async () => {
    await ask(body());
    const all = (await kept()).join("\n");
    for (const part of ['"scores:', '"summary:', '"tally"']) expect(all).toContain(part);
  });
});

describe("what leaves for Gemini", () => {
  const sent = async () => (await gemini.requests()).map((request) => JSON.stringify(request));
  const everyWay = async (settings: object) => {
    await ask(body(), settings);
    await ask(body(), { ...settings, ...allGemini });
    await originBroken();
    await ask(body(), settings);
    await ask(body({ sources: ["gemini"] }), settings, rank);
    await ask(body(), settings, { path: "/rank-themes" });
  };

  it("is nothing with EGRESS=none, failover included", async () => {
    await everyWay({ EGRESS: "none" });
    expect(await sent()).toEqual([]);
  });

  it("is the summary's request alone with EGRESS=summary, failover included", async () => {
    await everyWay({ EGRESS: "summary" });
    const requests = await sent();
    expect(requests).toHaveLength(3);
    for (const request of requests) {
      expect(request).toContain(canaries.text);
      // A ranking asks for scores in a schema.
      expect(request).not.toMatch(/responseSchema|responseJsonSchema/);
    }
  });

  it("never holds a caller's key, nor a theme's id", async () => {
    await everyWay({ EGRESS: "any" });
    const requests = await sent();
    expect(requests.length).toBeGreaterThan(3);
    expect(requests.join("\n")).toContain("responseSchema");
    expect(requests.join("\n")).not.toMatch(new RegExp(`${canaries.key}|${canaries.id}`));
    const toOrigin = JSON.stringify(await vllm.requests());
    expect(toOrigin).toContain(canaries.text);
    expect(toOrigin).not.toMatch(new RegExp(`${canaries.key}|${canaries.id}`));
  });
});
