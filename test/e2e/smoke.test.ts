// The smoke suite of a deploy against a running gateway: all-Gemini, with keys, under `wrangler dev`.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyCheckout, type Checkout } from "../start/checkout.ts";
import { startFakeGemini, type FakeGemini } from "../support/fake-gemini.ts";
import { startStack, type Stack } from "../support/stack.ts";

const run = promisify(execFile);

let gemini: FakeGemini;
let checkout: Checkout;
let stack: Stack | undefined;
let key: string;

beforeAll(async () => {
  gemini = await startFakeGemini();
  checkout = copyCheckout();
  const settings = {
    AUTH_MODE: "required",
    GEMINI_API_KEY: "a-key",
    GEMINI_BASE_URL: gemini.url,
  };
  stack = await startStack(["--persist", "--origin", "none"], settings, checkout.folder);
  const made = await script("keys", "create", "--tenant", "acme");
  key = made.out.trim();
}, 240_000);

afterAll(async () => {
  await stack?.stop();
  checkout[Symbol.dispose]();
  await gemini.close();
});

/** A command of package.json, to its end. */
async function script(name: "keys" | "deploy", ...args: readonly string[]) {
  const file = join(checkout.folder, "gateway", name, "main.ts");
  const env = { ...process.env, ...(key !== undefined && { THEMERANK_API_KEY: key }) };
  try {
    const { stdout, stderr } = await run(process.execPath, [file, ...args], { env });
    return { code: 0, out: stdout, told: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, told: stderr };
  }
}

const smoke = () => script("deploy", "smoke", "--url", stack?.url ?? "", "--settle-s", "2");

describe("the smoke suite, on a live gateway", { timeout: 120_000 }, () => {
  it("finds all guarantees held", async () => {
    const { code, told } = await smoke();
    expect(told).not.toContain("FAILED");
    expect({
      code,
      held: told.split("\n").filter((line) => line.startsWith("  ok")).length,
    }).toEqual({
      code: 0,
      held: 7,
    });
  });

  it("finds an upstream that fails, though the cache knows the answer from before", async () => {
    gemini.fault = { kind: "status", status: 503 };
    const { code, told } = await smoke();
    gemini.fault = null;
    expect(code).toBe(1);
    expect(told).toContain(
      "FAILED  it ranks for a key: lexical ranked in the first one's place: gemini_error",
    );
  });

  it("finds a key that the gateway does not take, and does not tell it", async () => {
    const right = key;
    key = `${right.slice(0, -1)}${right.endsWith("0") ? "1" : "0"}`;
    const { code, told } = await smoke();
    expect(code).toBe(1);
    expect(told).toContain("FAILED  it ranks for a key: /v1/rank answered 401, not 200");
    expect(told).not.toContain(key);
    key = right;
  });
});
