// What drives the browser, in a folder of its own, `.browser/`; the browser itself is the system's.
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const folder = fileURLToPath(new URL("../../.browser", import.meta.url));
const packages = fileURLToPath(new URL("packages", import.meta.url));
const node = join(folder, "node");

/** Where the pictures of a run are put. */
export const screenshots = join(folder, "screenshots");

/** The suite cannot run here, through no fault of the code. */
export class IndexUnreachable extends Error {}

/** Of the packages there, and where their files are. */
export const requirePackage = createRequire(join(node, "package.json"));

/** Installs what is missing. @throws IndexUnreachable */
export async function prepareBrowser(log: (line: string) => void): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await installChromium(log);
  const mark = join(folder, "done");
  const key = readFileSync(join(packages, "package-lock.json"), "utf8");
  if (existsSync(mark) && readFileSync(mark, "utf8") === key) return;
  log("installing playwright-core and axe-core ...");
  rmSync(node, { recursive: true, force: true });
  const patience = ["--fetch-retries", "0", "--fetch-timeout", "15000"];
  await run("npm", ["view", "axe-core", "name", ...patience]).catch(() => {
    throw new IndexUnreachable("package registry unreachable");
  });
  cpSync(packages, node, { recursive: true });
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
  await run("npm", ["install", ...quiet], { cwd: node });
  writeFileSync(mark, key);
}

/** The browser to drive: $CHROMIUM, or one that is on the PATH; null where there is none. */
export async function findChromium(): Promise<string | null> {
  const given = process.env["CHROMIUM"];
  for (const name of [given, "chromium", "chromium-browser", "google-chrome"]) {
    if (name === undefined) continue;
    // oxlint-disable-next-line no-await-in-loop -- the first that is there
    const found = await run("which", [name]).catch(() => null);
    if (found !== null) return found.stdout.trim();
  }
  return null;
}

/** Debian's, where this user may install it. */
async function installChromium(log: (line: string) => void): Promise<void> {
  if ((await findChromium()) !== null) return;
  log("installing Debian's chromium ...");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", ["update", "-qq"], { env });
    // Without a font there is nothing to see.
    const wanted = ["chromium", "fonts-dejavu-core"];
    const args = ["install", "-y", "-qq", "--no-install-recommends", ...wanted];
    await run("apt-get", args, { env, maxBuffer: 1 << 26 });
  } catch {
    throw new IndexUnreachable("no chromium, and apt-get cannot install one");
  }
}
