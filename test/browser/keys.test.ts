// A gateway that asks for keys, and one whose cache has grown old.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyCheckout, type Checkout } from "../start/checkout.ts";
import { startFakeVllm, type FakeVllm } from "../support/fake-vllm.ts";
import { startStack, type Stack } from "../support/stack.ts";
import { launchChromium, type Browser } from "./chromium.ts";
import { inspect, openPlayground, type Playground } from "./playground.ts";

const run = promisify(execFile);
const dayMs = 86_400_000;

let [origin, checkout, stack, browser]: [FakeVllm?, Checkout?, Stack?, Browser?] = [];
let key = "";

const start = (url: string, folder: string) =>
  startStack(["--persist", "--origin", url], { AUTH_MODE: "required", BREAKER: "closed" }, folder);

beforeAll(async () => {
  checkout = copyCheckout();
  origin = await startFakeVllm();
  [stack, browser] = await Promise.all([start(origin.url, checkout.folder), launchChromium()]);
  const script = join(checkout.folder, "gateway/keys/main.ts");
  const { stdout } = await run(process.execPath, [script, "create", "--tenant", "acme"]);
  key = stdout.trim();
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  await origin?.stop();
  checkout?.[Symbol.dispose]();
});

async function open(): Promise<Playground> {
  if (stack === undefined || browser === undefined) throw new Error("nothing to open");
  return openPlayground(browser, stack.url);
}

/** Each score and summary that is kept was made two days ago, as far as its own times tell. */
async function growOld(folder: string): Promise<void> {
  const wrangler = join(folder, "node_modules/wrangler/bin/wrangler.js");
  const where = ["--binding", "CACHE", "--local", "--persist-to", ".wrangler/state"];
  const kv = async (...args: string[]) => {
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" };
    const options = { cwd: folder, env };
    const { stdout } = await run(
      process.execPath,
      [wrangler, "kv", "key", ...args, ...where],
      options,
    );
    return stdout;
  };
  const names = (JSON.parse(await kv("list")) as { name: string }[]).map(({ name }) => name);
  for (const name of names.filter((each) => each.startsWith("scores:"))) {
    // oxlint-disable no-await-in-loop -- one store
    const entry = JSON.parse(await kv("get", name)) as { themes: Record<string, number[]> };
    const themes = Object.entries(entry.themes).map(([hash, [score, confidence, ...times]]) => [
      hash,
      // Until when it may be used at all stays: a week is not over.
      [score, confidence, ...times.map((at, index) => (index < 2 ? at - 2 * dayMs : at))],
    ]);
    const aged = JSON.stringify({ ...entry, themes: Object.fromEntries(themes) });
    await kv("put", name, aged, "--ttl", "3600");
    // oxlint-enable no-await-in-loop
  }
}

describe("a key", () => {
  it("is asked for in its own field, kept in this tab alone, and never written into code", async () => {
    const visit = await open();
    const { page } = visit;
    await visit.rank();
    expect(await visit.state("unauthorised")).toContain("This gateway asks for an API key.");
    expect(await page.evaluate<string>("document.activeElement.id")).toBe("key");
    await inspect(visit, "unauthorised");
    await page.keyboard.insertText(key);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#answer[data-phase=done]");
    expect(await page.evaluate<string[]>("Object.values(sessionStorage)")).toEqual([key]);
    const elsewhere = "[localStorage.length, document.cookie]";
    expect(await page.evaluate<unknown[]>(elsewhere)).toEqual([0, ""]);
    const tabs = await page.locator("[role=tab]").count();
    for (let index = 0; index < tabs; index += 1) {
      // oxlint-disable no-await-in-loop -- one after the other
      await page.locator("[role=tab]").nth(index).click();
      expect(await page.locator("#code").innerText()).not.toContain(key);
      // oxlint-enable no-await-in-loop
    }
    await page.locator("#forget-key").click();
    expect(await page.evaluate<number>("sessionStorage.length")).toBe(0);
    await visit.close();
  });
});

describe("an old cache", () => {
  it("stands in for an origin that fails, and says how old it is", async () => {
    const { folder = "" } = checkout ?? {};
    await stack?.stop();
    await growOld(folder);
    stack = await start(origin?.url ?? "", folder);
    if (origin !== undefined) origin.fault = { kind: "status", status: 500 };
    const visit = await open();
    await visit.page.locator("#key-part summary").click();
    await visit.page.locator("#key").fill(key);
    await visit.rank();
    expect(await visit.state("stale")).toBe(
      "These scores are out of date. The origin did not answer (it answered with an error), so scores stored 2 days ago stand in.",
    );
    expect(await visit.page.locator(".badge").innerText()).toContain("From the cache, out of date");
    await inspect(visit, "stale");
    await visit.close();
  });
});

describe("too many requests", () => {
  it("are told with the seconds that are left", async () => {
    const visit = await open();
    const { page } = visit;
    await page.locator("#key-part summary").click();
    await page.locator("#key").fill(key);
    const ask = () =>
      fetch(`${stack?.url}/v1/usage`, { headers: { authorization: `Bearer ${key}` } });
    await Promise.all(Array.from({ length: 70 }, ask));
    await visit.rank();
    expect(await visit.state("rate-limited")).toMatch(
      /Too many requests\..* Try again in \d+ seconds?\./,
    );
    await inspect(visit, "rate-limited");
    await visit.close();
  });
});
