// The vendors' clients in a folder of their own, `.clients/`: made once, every package by its digest.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createVenv, IndexUnreachable } from "../support/python-environment.ts";

const run = promisify(execFile);
const folder = fileURLToPath(new URL("../../.clients", import.meta.url));
const packages = fileURLToPath(new URL("packages", import.meta.url));
const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));
const node = join(folder, "node");

/** The Python that has the clients. */
export const python = join(folder, "venv", "bin", "python");

/** Of the packages there, whatever this repository has of the same name. */
export const requireClient = createRequire(join(node, "package.json"));

/** Installs them, unless they are there. @throws Unmet, IndexUnreachable */
export async function prepareClients(log: (line: string) => void): Promise<void> {
  const mark = join(folder, "done");
  // A venv works only in the folder it was made in.
  const hash = createHash("sha256").update(folder).update(readFileSync(requirements));
  const key = hash.update(readFileSync(join(packages, "package-lock.json"))).digest("hex");
  if (existsSync(mark) && readFileSync(mark, "utf8") === key) return;
  log("installing the vendors' clients ...");
  rmSync(folder, { recursive: true, force: true });
  await installPackages();
  await createVenv(folder, requirements);
  writeFileSync(mark, key);
}

async function installPackages(): Promise<void> {
  const patience = ["--fetch-retries", "0", "--fetch-timeout", "15000"];
  await run("npm", ["view", "cohere-ai", "name", ...patience]).catch(() => {
    throw new IndexUnreachable("package registry unreachable");
  });
  cpSync(packages, node, { recursive: true });
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
  await run("npm", ["install", ...quiet], { cwd: node });
}
