// A gateway that asks for keys, and one whose cache has grown old.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { getPlatformProxy } from "wrangler";
import { copyCheckout, type Checkout } from "../start/checkout.ts";
import { startFakeVllm, type FakeVllm } from "../support/fake-vllm.ts";
import { startStack, type Stack } from "../support/stack.ts";
import { launchChromium, type Browser } from "./chromium.ts";
import { inspect, openPlayground, type Playground } from "./playground.ts";

/** Of a KV namespace what is used here. */
interface Store {
  list(options: { prefix: string }): Promise<{ keys: { name: string }[] }>;
  get(name: string): Promise<string | null>;
  put(name: string, value: string, options: { expirationTtl: number }): Promise<void>;
}
/** Score, confidence, when it was asked for, end of freshness, end of use. */
type Scores = Record<string, [number, number, number, number, number]>;

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

/** Each score that is kept was made two days ago, as far as its own times tell. */
async function growOld(folder: string): Promise<void> {
  const { env, dispose } = await getPlatformProxy<{ CACHE: Store }>({
    configPath: join(folder, "wrangler.toml"),
    persist: { path: join(folder, ".wrangler/state/v3") },
    remoteBindings: false,
  });
  const { keys } = await env.CACHE.list({ prefix: "scores:" });
  for (const { name } of keys) {
    // oxlint-disable no-await-in-loop -- one store
    const entry = JSON.parse((await env.CACHE.get(name)) ?? "") as { themes: Scores };
    const themes = Object.entries(entry.themes).map(([hash, [score, confidence, ...times]]) => [
      hash,
      [score, confidence, ...times.map((at) => at - 2 * dayMs)],
    ]);
    const aged = JSON.stringify({ ...entry, themes: Object.fromEntries(themes) });
    await env.CACHE.put(name, aged, { expirationTtl: 3_600 });
    // oxlint-enable no-await-in-loop
  }
  await dispose();
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
    // The gateway ends and starts again within it.
  }, 120_000);
});

describe("too many requests", () => {
  it("are told with the seconds that are left", async () => {
    const visit = await open();
    const { page } = visit;
    await page.locator("#key-part summary").click();
    await page.locator("#key").fill(key);
    const ask = () =>
      fetch(`${stack?.url}/v1/usage`, { headers: { authorization: `Bearer ${key}` } });
    const spend = async () => {
      await Promise.all(Array.from({ length: 70 }, ask));
      await visit.rank();
      return page.locator("#answer").getAttribute("data-phase");
    };
    // Another minute may begin between the last of them and the one that is to be refused.
    if ((await spend()) !== "failed") await spend();
    expect(await visit.state("rate-limited")).toMatch(
      /Too many requests\..* Try again in \d+ seconds?\./,
    );
    await inspect(visit, "rate-limited");
    await visit.close();
  });
});
