// Guarantees of the secrets: the pepper is made once, and values go by a file that is gone afterwards.
import { existsSync, readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chooseSecrets, secretsOnWorker, withSecretsFile } from "../../gateway/deploy/secrets.ts";
import { WranglerFault, type Wrangler } from "../../gateway/deploy/wrangler.ts";

describe("the pepper", () => {
  it("is made for a Worker that has none, another one each time", () => {
    const [one, other] = [chooseSecrets({}, null), chooseSecrets({}, ["GEMINI_API_KEY"])];
    expect(one.given.CACHE_PEPPER).toMatch(/^[0-9a-f]{64}$/);
    expect(other.given.CACHE_PEPPER).toMatch(/^[0-9a-f]{64}$/);
    expect(one.given.CACHE_PEPPER).not.toBe(other.given.CACHE_PEPPER);
  });

  it("is never set again, whatever the environment holds", () => {
    const { given } = chooseSecrets({ CACHE_PEPPER: "another" }, ["CACHE_PEPPER"]);
    expect(given).toEqual({});
  });

  it("may be brought along by whoever moves", () => {
    expect(chooseSecrets({ CACHE_PEPPER: "mine" }, null).given.CACHE_PEPPER).toBe("mine");
  });
});

describe("the other secrets", () => {
  it("are set anew where the environment has them, and nothing else of it is", () => {
    const environment = {
      GEMINI_API_KEY: "new",
      ORIGIN_API_KEY: "",
      PATH: "/bin",
      AUTH_MODE: "open",
    };
    const kept = ["CACHE_PEPPER", "GEMINI_API_KEY", "ORIGIN_API_KEY"];
    expect(chooseSecrets(environment, kept)).toEqual({ given: { GEMINI_API_KEY: "new" }, kept });
  });
});

describe("what is on the Worker", () => {
  const failing =
    (message: string): Wrangler =>
    () =>
      Promise.reject(new WranglerFault(message));

  it.each([
    'Worker "themerank" not found.',
    'Worker "themerank-staging" (env: staging) not found.',
  ])("is nothing when there is no Worker: %s", async (words) => {
    expect(await secretsOnWorker(failing(`[ERROR] ${words}`), [])).toBeNull();
  });

  it("is unknown when Cloudflare fails: a pepper that cannot be seen must not be made again", async () => {
    const down = failing("A request to the Cloudflare API failed. Service not found. [code: 7000]");
    await expect(secretsOnWorker(down, [])).rejects.toThrow(WranglerFault);
  });
});

describe("the file", () => {
  it("is for its owner alone, and gone afterwards, also when wrangler fails", async () => {
    const secrets = { given: { GEMINI_API_KEY: 'a "$HOME" key\n' }, kept: [] };
    const files: string[] = [];
    await withSecretsFile(secrets, (file) => {
      files.push(file);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(secrets.given);
      return Promise.resolve();
    });
    const failed = withSecretsFile(secrets, (file) => {
      files.push(file);
      return Promise.reject(new WranglerFault("no"));
    });
    await expect(failed).rejects.toThrow(WranglerFault);
    expect(files.map((file) => existsSync(file))).toEqual([false, false]);
  });
});
