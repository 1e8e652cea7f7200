// The browser, and of playwright what is used here: it is no dependency of the repository.
import { findChromium, requirePackage } from "./environment.ts";

/** What runs in the page is written as source text, since the page's types are not those of Node. */
export interface Page {
  goto(url: string): Promise<unknown>;
  evaluate<T>(source: string): Promise<T>;
  screenshot(options: { path: string; fullPage?: boolean }): Promise<unknown>;
  emulateMedia(media: { colorScheme?: "light" | "dark" }): Promise<void>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  waitForSelector(selector: string, options?: { state?: "attached" | "visible" }): Promise<unknown>;
  locator(selector: string): Locator;
  context(): Context;
  close(): Promise<void>;
  on(event: "console", listener: (message: ConsoleMessage) => void): void;
  on(event: "pageerror", listener: (error: Error) => void): void;
  on(event: "request", listener: (request: { url(): string }) => void): void;
  readonly keyboard: { press(key: string): Promise<void>; insertText(text: string): Promise<void> };
}

export interface Locator {
  click(): Promise<void>;
  hover(): Promise<void>;
  focus(): Promise<void>;
  fill(text: string): Promise<void>;
  selectOption(value: string): Promise<unknown>;
  setChecked(checked: boolean): Promise<void>;
  count(): Promise<number>;
  first(): Locator;
  locator(selector: string): Locator;
  nth(index: number): Locator;
  innerText(): Promise<string>;
  textContent(): Promise<string | null>;
  allTextContents(): Promise<string[]>;
  inputValue(): Promise<string>;
  isVisible(): Promise<boolean>;
  getAttribute(name: string): Promise<string | null>;
}

export interface Context {
  newPage(): Promise<Page>;
  setOffline(offline: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface Browser {
  newContext(options: object): Promise<Context>;
  close(): Promise<void>;
}

interface ConsoleMessage {
  type(): string;
  text(): string;
}

/** Starts it; it asks nobody outside for anything. */
export async function launchChromium(): Promise<Browser> {
  const { chromium } = requirePackage("playwright-core") as {
    chromium: { launch(options: object): Promise<Browser> };
  };
  const executablePath = await findChromium();
  const args = ["--no-sandbox", "--disable-background-networking"];
  return chromium.launch({ executablePath, args });
}
