// A Worker without Terraform, from nothing: first deploy, next version, rollback, by the real wrangler.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyCheckout, type Checkout } from "../start/checkout.ts";
import { startFakeCloudflare, type FakeCloudflare } from "../support/fake-cloudflare.ts";
import { deploy, quickly, timeoutMs, type Deployed } from "./deploy.ts";

const geminiKey = 'a "$HOME" key';

let cloudflare: FakeCloudflare;
let checkout: Checkout;
let toml: string;

beforeAll(async () => {
  cloudflare = await startFakeCloudflare();
  checkout = copyCheckout();
  toml = readFileSync(join(checkout.folder, "wrangler.toml"), "utf8");
});

afterAll(async () => {
  checkout[Symbol.dispose]();
  await cloudflare.close();
});

describe("npm run deploy, from nothing", () => {
  let pepper: unknown;
  let one = "";

  it("without a Gemini key uploads nothing and makes nothing", { timeout: timeoutMs }, async () => {
    const { code, stderr } = await deploy(checkout, cloudflare, []);
    expect(code).toBe(1);
    expect(stderr).toContain("Nothing was uploaded");
    expect(stderr).toContain("GEMINI_API_KEY is missing");
    expect(cloudflare.changes).toEqual([]);
  });

  it(
    "makes KV, secrets, Worker and a key that the Worker takes",
    { timeout: timeoutMs },
    async () => {
      // A first deploy that was cut off had come so far.
      cloudflare.namespaces.push({
        id: "1".repeat(32),
        title: "themerank-cache",
        values: new Map(),
      });
      const args = [...quickly(cloudflare), "--tenant", "me"];
      const ran = await deploy(checkout, cloudflare, args, { GEMINI_API_KEY: geminiKey });
      expect(ran).toMatchObject({ code: 0 });
      expect(cloudflare.changes).toEqual([
        "POST /workers/scripts/themerank/assets-upload-session",
        "POST /workers/assets/upload",
        "POST /storage/kv/namespaces",
        "PUT /workers/scripts/themerank",
        "POST /workers/scripts/themerank/subdomain",
        "PUT /workers/scripts/themerank/schedules",
        expect.stringMatching(/^PUT \/storage\/kv\/namespaces\/\w+\/values\/key%3A\w{8}$/),
      ]);
      // The playground, and none of what only its authors need.
      expect(cloudflare.assets).toEqual(expect.arrayContaining(["/index.html", "/main.js"]));
      expect(cloudflare.assets).not.toContain("/tsconfig.json");
      expect(cloudflare.namespaces.map(({ title }) => title)).toEqual([
        "themerank-cache",
        "themerank-state",
      ]);

      const secrets = cloudflare.secrets("themerank");
      expect(secrets).toEqual({
        GEMINI_API_KEY: geminiKey,
        CACHE_PEPPER: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      });
      pepper = secrets["CACHE_PEPPER"];
      const [version] = cloudflare.worker("themerank").versions;
      expect(version?.bindings).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: "AUTH_MODE", text: "required" }),
          expect.objectContaining({ name: "CACHE", namespace_id: "1".repeat(32) }),
          expect.objectContaining({ name: "STATE", type: "kv_namespace" }),
          expect.objectContaining({ name: "RATE_LIMITER", type: "ratelimit" }),
          expect.objectContaining({ name: "BUDGET", type: "durable_object_namespace" }),
          expect.objectContaining({ name: "VERSION", type: "version_metadata" }),
        ]),
      );
      one = version?.id ?? "";

      // The fake lets a key in by its digest in STATE alone, and the smoke suite ranked with it.
      expect(ran.stdout).toMatch(/^tr_live_\w+\n$/);
      expect(ran.stderr).toContain("Key ");
      expect(ran.stderr).toContain("of me, scopes rank");
      expect(ran.stderr).toMatch(/Bundle \d+ KiB, \d+ KiB compressed/);
      expect(ran.stderr).toContain("starts in 44 ms at Cloudflare");
      expectNoSecrets(ran);
    },
  );

  it("rolls the next version out behind the smoke suite", { timeout: timeoutMs }, async () => {
    cloudflare.requests.length = 0;
    const ran = await deploy(checkout, cloudflare, quickly(cloudflare), {
      CACHE_PEPPER: "another",
    });
    expect(ran).toMatchObject({ code: 0, stdout: "" });
    const { versions, deployments } = cloudflare.worker("themerank");
    const two = versions[1]?.id ?? "";
    const splits = deployments.map((each) =>
      Object.fromEntries(each.versions.map((part) => [part.version_id, part.percentage])),
    );
    expect(splits.toReversed()).toEqual([
      { [one]: 100 },
      { [one]: 100, [two]: 0 },
      { [one]: 90, [two]: 10 },
      { [one]: 50, [two]: 50 },
      { [two]: 100 },
    ]);
    // Asked by name at every step: its answers, and none of the version before.
    expect(versions[1]?.served).toBeGreaterThan(20);
    expect(cloudflare.changes).toContain("PUT /workers/scripts/themerank/schedules");
    expect(cloudflare.secrets("themerank")).toEqual({
      GEMINI_API_KEY: geminiKey,
      CACHE_PEPPER: pepper,
    });
    // The smoke suite's own key ends by itself.
    const lives = cloudflare.namespaces.flatMap(({ values }) =>
      [...values.values()].map(({ ttl }) => ttl),
    );
    expect(lives).toEqual([null, "3600"]);
    expectNoSecrets(ran);
  });

  it("goes back to the version before, in one command", { timeout: timeoutMs }, async () => {
    const { code, stderr } = await deploy(checkout, cloudflare, ["rollback"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `${one} has all traffic.\n` });
    expect(cloudflare.traffic("themerank")).toEqual({ [one]: 100 });
  });

  it("left wrangler.toml as it was", () => {
    expect(readFileSync(join(checkout.folder, "wrangler.toml"), "utf8")).toBe(toml);
  });

  function expectNoSecrets({ stdout, stderr }: Deployed): void {
    for (const secret of [geminiKey, String(pepper), "another", "a-token"]) {
      expect(stdout + stderr).not.toContain(secret);
    }
  }
});
