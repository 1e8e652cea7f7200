// Guarantees of what is deployed where, out of the real wrangler.toml.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { addressIn } from "../../gateway/deploy/address.ts";
import { CannotDeploy } from "../../gateway/deploy/cannot-deploy.ts";
import { resolveTarget, withNamespaceIds } from "../../gateway/deploy/target.ts";
import type { Outputs } from "../../gateway/deploy/terraform.ts";

const toml = readFileSync(new URL("../../wrangler.toml", import.meta.url), "utf8");

export const outputs: Outputs = {
  account_id: "fedcba9876543210fedcba9876543210",
  worker_name: "themerank-staging",
  kv: { CACHE: "c".repeat(32), STATE: "5".repeat(32) },
  routes: [{ pattern: "api-staging.example.com", custom_domain: true }],
  vars: { AUTH_MODE: "required", ORIGIN_BASE_URL: "https://origin.example.com/v1" },
  secrets: ["CACHE_PEPPER", "GEMINI_API_KEY", "ORIGIN_API_KEY"],
};

describe("without an environment", () => {
  const target = resolveTarget(toml, null, null);

  it("keys are asked for, though the default environment of wrangler.toml is open", () => {
    expect(toml).toContain('AUTH_MODE = "open"');
    expect(target.vars).toEqual({ AUTH_MODE: "required" });
    expect(target.config).toMatchObject({ name: "themerank", vars: { AUTH_MODE: "required" } });
  });

  it("no other environment goes along", () => {
    expect(target.config).not.toHaveProperty("env");
    expect(target.flags).toContain("--env=");
  });

  it("namespaces found on Cloudflare are bound, the others left to wrangler", () => {
    expect(withNamespaceIds(target, { STATE: "an-id" }).config).toMatchObject({
      name: "themerank",
      kv_namespaces: [{ binding: "CACHE" }, { binding: "STATE", id: "an-id" }],
    });
  });
});

describe("an environment", () => {
  it("has of Terraform's outputs its ids, variables, account, name and address", () => {
    const target = resolveTarget(toml, "staging", outputs);
    expect(target).toMatchObject({
      worker: "themerank-staging",
      url: "https://api-staging.example.com",
    });
    expect(target.config).toMatchObject({
      env: {
        staging: {
          name: "themerank-staging",
          account_id: outputs.account_id,
          vars: outputs.vars,
          kv_namespaces: [
            { binding: "CACHE", id: outputs.kv["CACHE"] },
            { binding: "STATE", id: outputs.kv["STATE"] },
          ],
          routes: outputs.routes,
          ratelimits: [{ namespace_id: "1002" }],
          version_metadata: { binding: "VERSION" },
        },
      },
    });
    expect(Object.keys(target.config["env"] as object)).toEqual(["staging"]);
  });

  it("without outputs is as wrangler.toml has it", () => {
    const target = resolveTarget(toml, "production", null);
    expect(target).toMatchObject({ worker: "themerank-production", url: null });
    expect(withNamespaceIds(target, { CACHE: "an-id" }).config).toMatchObject({
      env: {
        production: { kv_namespaces: [{ binding: "CACHE", id: "an-id" }, { binding: "STATE" }] },
      },
    });
  });

  it("that wrangler.toml does not have is refused, and those it has are named", () => {
    expect(() => resolveTarget(toml, "live", null)).toThrow("staging, production; no live");
  });

  it("is refused when Terraform has no id for a namespace that the Worker binds", () => {
    const { CACHE = "" } = outputs.kv;
    expect(() => resolveTarget(toml, "staging", { ...outputs, kv: { CACHE } })).toThrow(
      "Terraform's output kv has no id for STATE.",
    );
  });

  it("of a broken wrangler.toml is refused with the line", () => {
    expect(() => resolveTarget('name = "x"\nmain = ', "staging", null)).toThrow(CannotDeploy);
    expect(() => resolveTarget('name = "x"\nmain = ', "staging", null)).toThrow("wrangler.toml:2:");
  });
});

describe("the address", () => {
  it.each([
    [
      ["themerank.someone.workers.dev", "schedule: * * * * *"],
      "https://themerank.someone.workers.dev",
    ],
    [
      ["schedule: * * * * *", "https://themerank.someone.workers.dev"],
      "https://themerank.someone.workers.dev",
    ],
    [["api.example.com (custom domain)"], "https://api.example.com"],
    [["api.example.com/* (zone name: example.com)"], "https://api.example.com"],
    [["schedule: * * * * *"], null],
    [[], null],
  ])("is found in what wrangler deployed to: %j", (targets, address) => {
    expect(addressIn(targets)).toBe(address);
  });
});
