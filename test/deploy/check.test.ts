// Guarantees of the check before a deploy: the complaints of /readyz, and those that only a deploy has.
import { describe, expect, it } from "vitest";
import { checkSettings } from "../../gateway/deploy/check.ts";
import { parseConfig } from "../../gateway/config.ts";

const vars = { AUTH_MODE: "required" };
const given = { GEMINI_API_KEY: "a-key", CACHE_PEPPER: "a-pepper" };
const secrets = { given, kept: [] };

/** The names complained about. */
function names(checked: ReturnType<typeof checkSettings>): readonly string[] {
  return checked.ok ? [] : checked.failure.map(({ name }) => name);
}

describe("the check", () => {
  it("passes an all-Gemini deployment", () => {
    expect(checkSettings(vars, secrets)).toMatchObject({ ok: true });
  });

  it("takes a secret on the Worker for one that is there", () => {
    const kept = ["GEMINI_API_KEY", "CACHE_PEPPER"];
    expect(checkSettings(vars, { given: {}, kept })).toMatchObject({ ok: true });
  });

  it("says what /readyz would say, in the same words", () => {
    const bad = { ...vars, RANKERS: "oracle", ORIGIN_TIMEOUT_MS: "99999" };
    const gateway = parseConfig(bad);
    expect(gateway.ok).toBe(false);
    expect(checkSettings(bad, secrets)).toEqual(gateway);
  });

  it("refuses rankers that are all without their settings, as the gateway would", () => {
    expect(checkSettings({ ...vars, RANKERS: "origin" }, secrets)).toMatchObject({
      failure: [{ name: "RANKERS", detail: "names no ranker whose own settings are there" }],
    });
  });

  it("refuses a deployment where only shared words would rank, unless that is asked for", () => {
    const none = { given: { CACHE_PEPPER: "a-pepper" }, kept: [] };
    expect(names(checkSettings(vars, none))).toEqual(["GEMINI_API_KEY"]);
    expect(checkSettings({ ...vars, RANKERS: "lexical" }, none)).toMatchObject({ ok: true });
  });

  it.each([
    ["an open gateway", { AUTH_MODE: "open" }, "AUTH_MODE"],
    ["a misspelt setting", { ORIGIN_BASEURL: "https://o.example" }, "ORIGIN_BASEURL"],
    ["a secret among the variables", { ORIGIN_API_KEY: "v3ry-secret" }, "ORIGIN_API_KEY"],
    [
      "an origin on this machine",
      { ORIGIN_BASE_URL: "http://localhost:8000/v1" },
      "ORIGIN_BASE_URL",
    ],
    ["an origin at home", { ORIGIN_BASE_URL: "http://192.168.1.9/v1" }, "ORIGIN_BASE_URL"],
  ])("refuses %s", (_, more, name) => {
    expect(names(checkSettings({ ...vars, ...more }, secrets))).toEqual([name]);
  });

  it("names every secret that Terraform's outputs want and nobody has", () => {
    const wanted = ["CACHE_PEPPER", "GEMINI_API_KEY", "ORIGIN_API_KEY", "ORIGIN_ACCESS_CLIENT_ID"];
    const some = { given, kept: ["ORIGIN_API_KEY"] };
    expect(names(checkSettings(vars, some, wanted))).toEqual(["ORIGIN_ACCESS_CLIENT_ID"]);
  });

  it("names half a service token", () => {
    const half = { given: { ...given, ORIGIN_ACCESS_CLIENT_ID: "an-id" }, kept: [] };
    expect(names(checkSettings(vars, half))).toEqual(["ORIGIN_ACCESS_CLIENT_SECRET"]);
  });

  it("never tells a value", () => {
    const bad = {
      ORIGIN_API_KEY: "v3ry-secret",
      RANKERS: "v3ry-secret",
      GEMINI_BASE_URL: "v3ry-secret",
    };
    expect(JSON.stringify(checkSettings(bad, secrets))).not.toContain("v3ry-secret");
  });
});
