// The page as somebody meets it after `npm install && npm start`: the embedded origin, no key.
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startStack, type Stack } from "../support/stack.ts";
import { launchChromium, type Browser } from "./chromium.ts";
import { inspect, openPlayground, type Playground } from "./playground.ts";

/** All that the page loads, each file packed by gzip. */
const budgetBytes = 40 * 1024;

let [stack, browser, playground]: [Stack?, Browser?, Playground?] = [];

beforeAll(async () => {
  [stack, browser] = await Promise.all([startStack(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

async function open(): Promise<Playground> {
  if (stack === undefined || browser === undefined) throw new Error("nothing to open");
  await playground?.close();
  playground = await openPlayground(browser, stack.url);
  return playground;
}

describe("the first look", () => {
  it("is filled in and sends nothing by itself but a question for the status", async () => {
    const { page, requests, ...rest } = await open();
    expect(await page.locator("#notice").innerText()).toBe(
      "Press Rank to score 24 themes. Nothing is sent until you do.",
    );
    expect(await page.locator("#text").inputValue()).toContain("I opened the drawer");
    expect(await page.locator("#themes li").count()).toBe(24);
    await page.waitForSelector("#status[data-tone=good]");
    expect(await page.locator("#status-words").innerText()).toBe("The demonstration model is up");
    expect(requests.filter((url) => url.includes("/v1/"))).toEqual([`${stack?.url}/v1/status`]);
    await inspect({ page, requests, ...rest }, "empty");
  });

  it("weighs less than its budget, and preloads each module that it uses", async () => {
    const { page } = await open();
    const loaded = await page.evaluate<string[]>(
      "[location.href, ...performance.getEntriesByType('resource').map(({ name }) => name)]",
    );
    const files = [...new Set(loaded)].filter((url) => !url.includes("/v1/"));
    const weigh = async (url: string) => {
      const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
      return { plain: bytes.length, packed: gzipSync(bytes).length };
    };
    const sizes = await Promise.all(files.map(weigh));
    const sum = (part: "plain" | "packed") => sizes.reduce((all, size) => all + size[part], 0);
    process.stdout.write(
      `The page: ${files.length} files, ${sum("plain")} bytes, ${sum("packed")} by gzip.\n`,
    );
    expect(sum("packed")).toBeLessThan(budgetBytes);
    const preloaded = await page.evaluate<string[]>(
      "[...document.querySelectorAll('link[rel=modulepreload], script')].map((each) => each.href || each.src).sort()",
    );
    expect(files.filter((url) => url.endsWith(".js")).toSorted()).toEqual(preloaded);
  });

  it("comes with a policy that lets nothing in from elsewhere and nothing be made of text", async () => {
    const { headers } = await fetch(`${stack?.url}/`);
    const policy = headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain("unsafe");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    const unserved = ["_headers", ".assetsignore", "tsconfig.json"].map(async (file) => {
      return (await fetch(`${stack?.url}/${file}`)).status;
    });
    expect(await Promise.all(unserved)).toEqual([404, 404, 404]);
  });

  it("ranks on one press of keys, and the second time shows what the cache saves", async () => {
    const visit = await open();
    const { page } = visit;
    await page.locator("#text").focus();
    await visit.rank();
    expect(await page.locator(".badge").innerText()).toContain("Demonstration model");
    expect(await page.locator("#ranking li button").count()).toBe(24);
    expect(await page.locator("#ranking li .name").first().innerText()).toBe("Money");
    expect(Number(await page.locator("#ranking .score").first().innerText())).toBeGreaterThan(50);
    expect(await page.locator("#summary").innerText()).not.toBe("");
    await inspect(visit, "ranked-embedded");

    await visit.rank();
    expect(await visit.state("cached")).toContain("All 24 scores came from the cache.");
    expect(await page.locator(".time").innerText()).toMatch(/ms\n[\d.]+ m?s before/);
    expect(await page.locator(".leg[data-kind=earlier]").count()).toBe(1);
    await page.locator("#ranking li button").first().hover();
    await page.waitForSelector("#text-mirror mark");
    await inspect(visit, "cached");
  });

  it("marks in the text what speaks for the theme that is chosen, and quotes it", async () => {
    const visit = await open();
    const { page } = visit;
    await visit.rank();
    await page.locator("#ranking li button").first().focus();
    const marked = (await page.locator("#text-mirror mark").allTextContents()).map((each) =>
      each.trim(),
    );
    expect(marked.length).toBeGreaterThan(0);
    await page.keyboard.press("Enter");
    const quoted = page.locator("#ranking li").first().locator("blockquote");
    expect(await quoted.allTextContents()).toEqual(marked);
    await page.keyboard.press("ArrowDown");
    const other = await page.locator("#text-mirror mark").allTextContents();
    expect(other).not.toEqual(marked);
    // Another text has no such sentences.
    await page.locator("#text").fill("Something else.");
    await page.locator("#ranking li button").first().focus();
    expect(await page.locator("#text-mirror mark").count()).toBe(0);
  });

  it("takes themes from the clipboard's text, edits rows by keyboard, and shows the form as code", async () => {
    const visit = await open();
    const { page } = visit;
    await page.locator("#paste-themes").click();
    await page.locator("#paste-text").fill("[broken");
    await page.locator("#paste-replace").click();
    expect(await page.locator("#paste-error").innerText()).toContain("JSON");
    await inspect(visit, "paste");
    await page.locator("#paste-text").fill('Money,"Debt, bills"\nSleep');
    await page.locator("#paste-replace").click();
    expect(await page.locator("#theme-count").innerText()).toBe("2");
    expect(await page.locator("#catalog").inputValue()).toBe("");
    await page.locator("#themes .label").nth(1).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.insertText("Work");
    expect(await page.locator("#theme-count").innerText()).toBe("3");

    const themes = [{ label: "Money", description: "Debt, bills" }, "Sleep", "Work"];
    await page.locator("[role=tab]").first().focus();
    for (const [name, sign] of [
      ["TypeScript", "import { ThemeRank }"],
      ["Python", "httpx.post("],
      ["Request", '"evidence": true'],
    ] as const) {
      // oxlint-disable no-await-in-loop -- one page
      await page.keyboard.press("ArrowRight");
      expect(await page.locator("[aria-selected=true]").innerText()).toBe(name);
      expect(await page.locator("#code").innerText()).toContain(sign);
      // oxlint-enable no-await-in-loop
    }
    const request = JSON.parse(await page.locator("#code").innerText()) as { themes: unknown };
    expect(request.themes).toEqual(themes);
    await page.locator("#copy").click();
    await expect.poll(() => page.locator("#copy").textContent()).toBe("Copied");
    expect(await page.evaluate<string>("navigator.clipboard.readText()")).toContain('"Sleep"');
    await visit.rank();
    expect(await page.locator("#ranking li").count()).toBe(3);
    expect(visit.errors).toEqual([]);
  });
});
