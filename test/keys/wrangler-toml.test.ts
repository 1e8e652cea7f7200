// Guarantees of wrangler.toml: what keys and rates need is bound in every environment.
import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { rateLimit } from "../../gateway/edge/rate-limit.ts";

interface Environment {
  readonly kv_namespaces: readonly { readonly binding: string }[];
  readonly ratelimits: readonly {
    readonly name: string;
    readonly namespace_id: string;
    readonly simple: { readonly limit: number; readonly period: number };
  }[];
  readonly vars: { readonly AUTH_MODE: string };
}

const file = readFileSync(new URL("../../wrangler.toml", import.meta.url), "utf8");
const top = parse(file) as unknown as Environment & { env: Record<string, Environment> };
const environments = Object.entries({ default: top, ...top.env });

describe.each(environments)("the environment %s", (name, environment) => {
  it("binds the keys' store", () => {
    expect(environment.kv_namespaces.map(({ binding }) => binding)).toContain("STATE");
  });

  it("limits keys as callers are told", () => {
    const limiter = environment.ratelimits.find((each) => each.name === "RATE_LIMITER");
    expect(limiter?.simple).toEqual({
      limit: rateLimit.requests,
      period: rateLimit.periodSeconds,
    });
  });

  it("asks for keys wherever it is deployed", () => {
    expect(environment.vars.AUTH_MODE).toBe(name === "default" ? "open" : "required");
  });
});

describe("the environments", () => {
  it("count apart", () => {
    const ids = environments.map(([, { ratelimits }]) => ratelimits[0]?.namespace_id);
    expect(new Set(ids).size).toBe(environments.length);
  });
});
