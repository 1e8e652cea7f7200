// The playground as a visitor has it open, and what must hold of it in every state.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Browser, Page } from "./chromium.ts";
import { requirePackage, screenshots } from "./environment.ts";

export interface Playground {
  readonly page: Page;
  /** What went wrong in the page, in the order of its coming. */
  readonly errors: readonly string[];
  /** Each address that was asked. */
  readonly requests: readonly string[];
  /** Presses the keys and waits until there is an answer, or none. */
  rank(): Promise<void>;
  /** Waits for what the notice says of the state. */
  state(name: string): Promise<string>;
  close(): Promise<void>;
}

const screen = { width: 1280, height: 900 };
const phone = { width: 320, height: 800 };
/** The browser's own word for an answer of 400 and more, and for a network that is gone. */
const expected = /^Failed to load resource: /;

export async function openPlayground(browser: Browser, url: string): Promise<Playground> {
  const context = await browser.newContext({
    viewport: screen,
    colorScheme: "light",
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  const errors: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => {
    const isNews = ["error", "warning"].includes(message.type()) && !expected.test(message.text());
    if (isNews) errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(`${url}/`);
  await page.waitForSelector("#notice[data-state=empty]");
  return {
    page,
    errors,
    requests,
    async rank() {
      await page.keyboard.press("Control+Enter");
      await page.waitForSelector("#answer:is([data-phase=done], [data-phase=failed])");
    },
    async state(name) {
      await page.waitForSelector(`#notice[data-state=${name}]`);
      return page.locator("#notice").innerText();
    },
    close: () => context.close(),
  };
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

let axe: string | null = null;

/**
 * What every state is held to, in light on a screen and in dark on a phone: no accessibility
 * violation, nothing to scroll sideways, no error, nothing asked of another origin. Leaves pictures.
 */
export async function inspect(playground: Playground, name: string): Promise<void> {
  const { page, errors, requests } = playground;
  axe ??= readFileSync(requirePackage.resolve("axe-core/axe.min.js"), "utf8");
  if (!(await page.evaluate<boolean>("typeof axe === 'object'"))) await page.evaluate(axe);
  const found: string[] = [];
  for (const [scheme, size] of [
    ["light", screen],
    ["dark", phone],
  ] as const) {
    // oxlint-disable no-await-in-loop -- one page
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: scheme });
    const path = join(screenshots, `${name}-${scheme}-${size.width}.png`);
    await page.screenshot({ path, fullPage: size === phone });
    const isWide = "document.documentElement.scrollWidth > window.innerWidth";
    if (await page.evaluate<boolean>(isWide)) found.push(`${scheme} ${size.width}: is too wide`);
    const violations = await page.evaluate<readonly Violation[]>(
      "axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)",
    );
    // oxlint-enable no-await-in-loop
    for (const { id, nodes } of violations) {
      const [first] = nodes;
      found.push(`${scheme} ${size.width}: ${id}: ${first?.html} ${first?.failureSummary}`);
    }
  }
  await page.setViewportSize(screen);
  await page.emulateMedia({ colorScheme: "light" });
  expect({ state: name, found }).toEqual({ state: name, found: [] });
  expect(errors).toEqual([]);
  const origin = await page.evaluate<string>("location.origin");
  expect(requests.filter((url) => !url.startsWith(`${origin}/`))).toEqual([]);
}
