// Guarantees of the configuration: defaults, and complaints that name settings and never values.
import { describe, expect, it } from "vitest";
import { configNames, parseConfig, type Config } from "../../gateway/config.ts";
import { callLimits } from "../../gateway/tenancy/ledger.ts";

function accepted(env: Record<string, unknown>): Config {
  const parsed = parseConfig(env);
  if (!parsed.ok) expect.fail(JSON.stringify(parsed.failure));
  return parsed.value;
}

function refused(env: Record<string, unknown>): string[] {
  const parsed = parseConfig(env);
  if (parsed.ok) expect.fail("was accepted");
  return parsed.failure.map(({ name }) => name);
}

describe("an empty environment", () => {
  const config = accepted({});

  it("has the documented defaults", () => {
    expect(config).toMatchObject({
      RANKERS: ["origin", "gemini", "lexical"],
      SUMMARIZERS: ["gemini", "origin", "extractive"],
      ORIGIN_BASE_URL: [],
      ORIGIN_MODEL: "theme-ranker",
      ORIGIN_DIALECT: "completions",
      ORIGIN_PROMPT_FORMAT: "llama-3",
      ORIGIN_PROMPT_LAYOUT: "text-first",
      ORIGIN_RATING_TOKENS: null,
      BREAKER: "auto",
      EGRESS: "any",
      GEMINI_BASE_URL: "",
      AUTH_MODE: "required",
      CORS_ORIGINS: [],
    });
  });

  it("knows what each Gemini model costs that it may ask, and nothing of the origin's machine", () => {
    for (const model of config.GEMINI_MODELS) expect(config.PRICES.get(model)).toBeDefined();
    expect(config.PRICES.get("gemini-3.5-flash-lite")).toEqual({ input: 0.3, output: 2.5 });
    expect(config.ORIGIN_HOURLY_USD).toBeNull();
  });

  it("has no secret, so that each feature that needs one is off", () => {
    expect([
      config.GEMINI_API_KEY,
      config.ORIGIN_API_KEY,
      config.ORIGIN_ACCESS_CLIENT_ID,
      config.ORIGIN_ACCESS_CLIENT_SECRET,
      config.CACHE_PEPPER,
    ]).toEqual(["", "", "", "", ""]);
  });

  it("names at least one Gemini model and a cap for every stage", () => {
    expect(config.GEMINI_MODELS.length).toBeGreaterThan(0);
    for (const cap of [
      config.ORIGIN_TIMEOUT_MS,
      config.GEMINI_TIMEOUT_MS,
      config.SUMMARY_TIMEOUT_MS,
      config.KV_TIMEOUT_MS,
    ]) {
      expect(cap).toBeGreaterThan(0);
      expect(cap).toBeLessThanOrEqual(30_000);
    }
  });
});

describe("a good setting", () => {
  it("may be a table of prices, which stands in the place of the shipped one, and an hour's price", () => {
    const given = { PRICES: '{"g": {"input": 1, "output": 0}}', ORIGIN_HOURLY_USD: "0.526" };
    const { PRICES, ORIGIN_HOURLY_USD } = accepted(given);
    expect([...PRICES]).toEqual([["g", { input: 1, output: 0 }]]);
    expect(ORIGIN_HOURLY_USD).toBe(0.526);
    expect([...accepted({ PRICES: "" }).PRICES]).toEqual([]);
  });

  it("may be a list with spaces and empty items", () => {
    expect(accepted({ RANKERS: " lexical , origin,," }).RANKERS).toEqual(["lexical", "origin"]);
  });

  it("may name several origins", () => {
    const given = "http://a.example:8000/v1, https://b.example/v1";
    expect(accepted({ ORIGIN_BASE_URL: given }).ORIGIN_BASE_URL).toEqual([
      "http://a.example:8000/v1",
      "https://b.example/v1",
    ]);
  });

  it("may list origins of browsers", () => {
    const given = "https://app.example, http://localhost:3000";
    expect(accepted({ CORS_ORIGINS: given }).CORS_ORIGINS).toEqual([
      "https://app.example",
      "http://localhost:3000",
    ]);
  });

  it("maps token ids to ratings", () => {
    const config = accepted({ ORIGIN_RATING_TOKENS: '{"9693": 9, "2152": 0}' });
    expect(config.ORIGIN_RATING_TOKENS).toEqual(
      new Map([
        [9693, 9],
        [2152, 0],
      ]),
    );
  });

  it("reads a cap as a number", () => {
    expect(accepted({ KV_TIMEOUT_MS: "80" }).KV_TIMEOUT_MS).toBe(80);
    expect(accepted({ ORIGIN_TIMEOUT_MS: "30000" }).ORIGIN_TIMEOUT_MS).toBe(30_000);
  });

  it("stands beside bindings and names that are not known", () => {
    expect(accepted({ CACHE: { get() {} }, SOMETHING_ELSE: 5 }).AUTH_MODE).toBe("required");
  });
});

const bad: [name: string, value: unknown][] = [
  ["RANKERS", "origin,claude-secret"],
  ["RANKERS", ""],
  ["RANKERS", " , "],
  ["RANKERS", "origin,origin"],
  ["RANKERS", 5],
  ["SUMMARIZERS", "lexical"],
  ["ORIGIN_BASE_URL", "ftp://user:secret@host/v1"],
  ["ORIGIN_BASE_URL", "http://fine.example/v1,secret"],
  ["ORIGIN_MODEL", ""],
  ["ORIGIN_DIALECT", "secret"],
  ["ORIGIN_PROMPT_FORMAT", "secret"],
  ["ORIGIN_PROMPT_LAYOUT", "secret"],
  ["ORIGIN_RATING_TOKENS", "secret"],
  ["ORIGIN_RATING_TOKENS", "{}"],
  ["ORIGIN_RATING_TOKENS", '{"15": 0}'],
  ["ORIGIN_RATING_TOKENS", '{"15": 0, "16": 0}'],
  ["ORIGIN_RATING_TOKENS", '{"15": 1, "16": 2}'],
  ["ORIGIN_RATING_TOKENS", '{"15": -1, "16": 2}'],
  ["ORIGIN_RATING_TOKENS", '{"yes-secret": 9, "16": 0}'],
  ["ORIGIN_RATING_TOKENS", '{"15": "0", "16": 9}'],
  ["ORIGIN_RATING_TOKENS", "[0, 9]"],
  ["ORIGIN_TIMEOUT_MS", "30001"],
  ["ORIGIN_TIMEOUT_MS", "secret"],
  ["GEMINI_TIMEOUT_MS", "0"],
  ["SUMMARY_TIMEOUT_MS", "2.5"],
  ["KV_TIMEOUT_MS", "-1"],
  ["KV_TIMEOUT_MS", ""],
  ["KV_TIMEOUT_MS", "Infinity"],
  ["BREAKER", "half-open"],
  ["EGRESS", "secret"],
  ["GEMINI_BASE_URL", "secret"],
  ["GEMINI_MODELS", ","],
  ["CORS_ORIGINS", "*"],
  ["CORS_ORIGINS", "https://app.example/"],
  ["CORS_ORIGINS", "https://fine.example,secret"],
  ["CORS_ORIGINS", "null"],
  ["PRICES", "secret"],
  ["PRICES", "[1]"],
  ["PRICES", '{"secret": {"input": -1, "output": 1}}'],
  ["PRICES", '{"g": {"input": 1}}'],
  ["PRICES", '{"g": {"input": 1, "output": 1, "secret": 1}}'],
  ["ORIGIN_HOURLY_USD", "secret"],
  ["ORIGIN_HOURLY_USD", "-1"],
  ["AUTH_MODE", "secret"],
  ["AUTH_MODE", ""],
  ["GEMINI_API_KEY", { secret: 1 }],
];

describe("a bad setting", () => {
  it.each(bad)("is refused by name: %s = %j", (name, value) => {
    expect(new Set(refused({ [name]: value }))).toEqual(new Set([name]));
  });

  it.each(bad)("never shows its value: %s = %j", (name, value) => {
    const parsed = parseConfig({ [name]: value });
    expect(parsed.ok).toBe(false);
    expect(JSON.stringify(parsed)).not.toContain("secret");
  });

  it("is named together with all others", () => {
    const names = refused({ RANKERS: "x", AUTH_MODE: "x", KV_TIMEOUT_MS: "x" });
    expect(names.toSorted()).toEqual(["AUTH_MODE", "KV_TIMEOUT_MS", "RANKERS"]);
  });
});

describe("settings that need each other", () => {
  it("refuses an Access client id without its secret, and a secret without its id", () => {
    expect(refused({ ORIGIN_ACCESS_CLIENT_ID: "id" })).toEqual(["ORIGIN_ACCESS_CLIENT_SECRET"]);
    expect(refused({ ORIGIN_ACCESS_CLIENT_SECRET: "s" })).toHaveLength(1);
  });

  it("accepts both", () => {
    const pair = { ORIGIN_ACCESS_CLIENT_ID: "id", ORIGIN_ACCESS_CLIENT_SECRET: "s" };
    expect(accepted(pair)).toMatchObject(pair);
  });

  it("are named even when another setting is bad as well", () => {
    const names = refused({ ORIGIN_ACCESS_CLIENT_ID: "id", RANKERS: "x" });
    expect(names.toSorted()).toEqual(["ORIGIN_ACCESS_CLIENT_SECRET", "RANKERS"]);
  });
});

describe("configNames", () => {
  it("lists every setting and secret once, and no binding", () => {
    expect(new Set(configNames).size).toBe(configNames.length);
    expect(configNames).toEqual(expect.arrayContaining(["RANKERS", "AUTH_MODE", "CACHE_PEPPER"]));
    expect(configNames).not.toContain("CACHE");
  });
});

describe("the budget of paid calls", () => {
  it.each([
    ["", ""],
    ["none", "none"],
    ["0", 0],
    ["250", 250],
  ])("may be %j", (given, read) => {
    expect(accepted({ GEMINI_DAILY_CALLS: given }).GEMINI_DAILY_CALLS).toBe(read);
  });

  it.each(["-1", "2.5", "many", "1e400", "None"])("may not be %j", (given) => {
    expect(refused({ GEMINI_MINUTE_CALLS: given })).toEqual(["GEMINI_MINUTE_CALLS"]);
  });

  it("is limited where keys are required, and for local work only where a limit is set", () => {
    const limits = (env: Record<string, string>) => callLimits(accepted(env));
    expect(limits({})).toEqual({ day: 10_000, minute: 120 });
    expect(limits({ AUTH_MODE: "open" })).toEqual({ day: null, minute: null });
    expect(limits({ AUTH_MODE: "open", GEMINI_DAILY_CALLS: "7" })).toEqual({
      day: 7,
      minute: null,
    });
    expect(limits({ GEMINI_DAILY_CALLS: "none", GEMINI_MINUTE_CALLS: "0" })).toEqual({
      day: null,
      minute: 0,
    });
  });
});
