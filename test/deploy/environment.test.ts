// An environment with Terraform's outputs, by the real wrangler: what is refused, and what a fault leaves.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hex } from "../../gateway/core/hex.ts";
import { digestOf, mintKey } from "../../gateway/tenancy/api-key.ts";
import { copyCheckout, type Checkout } from "../start/checkout.ts";
import { startFakeCloudflare, type FakeCloudflare } from "../support/fake-cloudflare.ts";
import { deploy, quickly, timeoutMs } from "./deploy.ts";

const accountId = "0123456789abcdef0123456789abcdef";
const kv = { CACHE: "c".repeat(32), STATE: "5".repeat(32) };
const secrets = ["CACHE_PEPPER", "GEMINI_API_KEY", "ORIGIN_API_KEY"];
const wranglerOutput = {
  environment: "staging",
  account_id: accountId,
  worker_name: "themerank-staging",
  kv,
  routes: [{ pattern: "api-staging.example.com", custom_domain: true }],
  vars: { AUTH_MODE: "required", ORIGIN_BASE_URL: "https://origin.example.com/v1" },
  secrets,
};

let cloudflare: FakeCloudflare;
let checkout: Checkout;
let programs: string;

/** A `terraform` that knows these outputs, if asked as it must be asked. */
function install(output: object): void {
  const folder = join(checkout.folder, "infra/environments/staging");
  mkdirSync(folder, { recursive: true });
  const file = join(programs, "terraform");
  const asked = `-chdir=${folder} output -json wrangler`;
  writeFileSync(
    file,
    `#!/bin/sh\nif [ "$*" != "${asked}" ]; then echo "asked $*" >&2; exit 1; fi\ncat <<'END'\n${JSON.stringify(output)}\nEND\n`,
  );
  chmodSync(file, 0o755);
}

function run(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const PATH = `${programs}:${process.env["PATH"]}`;
  return deploy(checkout, cloudflare, ["--env", "staging", ...args], { PATH, ...settings });
}

beforeAll(async () => {
  cloudflare = await startFakeCloudflare();
  cloudflare.namespaces.push(
    { id: kv.CACHE, title: "staging cache", values: new Map() },
    { id: kv.STATE, title: "staging state", values: new Map() },
  );
  checkout = copyCheckout();
  programs = mkdtempSync(join(tmpdir(), "programs-"));
  install(wranglerOutput);
});

afterAll(async () => {
  rmSync(programs, { recursive: true });
  checkout[Symbol.dispose]();
  await cloudflare.close();
});

describe("npm run deploy -- --env staging", () => {
  const key = mintKey("live");
  const secretValues = { GEMINI_API_KEY: "gem1ni", ORIGIN_API_KEY: "or1gin" };
  const given = { ...secretValues, THEMERANK_API_KEY: key.text };
  const one = "11111111-1111-4111-8111-111111111111";

  beforeAll(async () => {
    cloudflare.serve("themerank-staging", { [one]: "well" }, { [one]: 100 });
    cloudflare.worker("themerank-staging").migrationTag = "budget";
    const state = cloudflare.namespaces.find(({ id }) => id === kv.STATE);
    state?.values.set(`key:${key.id}`, { value: hex(await digestOf(key)), ttl: null });
  });

  it(
    "refuses bad settings and missing secrets before anything is uploaded",
    { timeout: timeoutMs },
    async () => {
      install({ ...wranglerOutput, vars: { ...wranglerOutput.vars, ORIGIN_DIALECT: "esperanto" } });
      const { code, stderr } = await run([], { GEMINI_API_KEY: "gem1ni" });
      install(wranglerOutput);
      expect(code).toBe(1);
      expect(stderr).toBe(
        "Nothing was uploaded. The settings of themerank-staging:\n" +
          "  ORIGIN_DIALECT must be one of completions, chat, rerank\n" +
          "  ORIGIN_API_KEY is missing: set it in the environment of this command\n",
      );
      expect(cloudflare.changes).toEqual([]);
    },
  );

  it(
    "gives a version with Terraform's ids that fails the smoke suite no traffic, and says so",
    { timeout: timeoutMs },
    async () => {
      cloudflare.behaviour = "by another ranker";
      const { code, stderr } = await run(quickly(cloudflare), given);
      expect(code).toBe(1);
      expect(stderr).toContain(
        "FAILED  it ranks for a key: lexical ranked in the first one's place",
      );
      expect(stderr).toContain(`${one} has all traffic, as before.`);
      const { deployments, versions } = cloudflare.worker("themerank-staging");
      const two = versions[1]?.id;
      const shares = deployments.flatMap((each) =>
        each.versions
          .filter(({ version_id: id }) => id === two)
          .map(({ percentage }) => percentage),
      );
      expect(shares).toEqual([0]);
      expect(versions[1]?.bindings).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: "CACHE", namespace_id: kv.CACHE }),
          expect.objectContaining({ name: "STATE", namespace_id: kv.STATE }),
          expect.objectContaining({
            name: "ORIGIN_BASE_URL",
            text: "https://origin.example.com/v1",
          }),
        ]),
      );
      expect(cloudflare.secrets("themerank-staging")).toMatchObject(secretValues);
      expect(cloudflare.traffic("themerank-staging")).toEqual({ [one]: 100 });
    },
  );

  it(
    "brings a Durable Object's migration at once, and says what that means",
    { timeout: timeoutMs },
    async () => {
      cloudflare.behaviour = "well";
      const toml = readFileSync(join(checkout.folder, "wrangler.toml"), "utf8");
      checkout.write("wrangler.toml", `${toml}\n[[env.staging.migrations]]\ntag = "later"\n`);
      const { code, stderr } = await run([...quickly(cloudflare), "--allow-degraded"], given);
      expect(code).toBe(0);
      expect(stderr).toContain("A Durable Object's migration comes at once or not at all.");
      const { deployments, domains, migrationTag, versions } =
        cloudflare.worker("themerank-staging");
      expect(migrationTag).toBe("later");
      expect(deployments[0]?.versions).toEqual([
        { version_id: versions.at(-1)?.id, percentage: 100 },
      ]);
      expect(domains).toMatchObject({ origins: [{ hostname: "api-staging.example.com" }] });
    },
  );
});
