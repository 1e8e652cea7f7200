// What a deployment uploads stays small and starts with little work: both come before an isolate's first request.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dryRun } from "../gateway/deploy/dry-run.ts";
import { wrangler } from "../gateway/deploy/wrangler.ts";
import { bundle } from "./bench/gateway/workerd.ts";

/** Both are raised with a reason, in the commit that needs it. */
const budgetKiB = 275;
/**
 * Functions and branches entered while the bundle's modules load. Not milliseconds: they say as much
 * of the machine as of the code, and a limit on them either fails on a busy machine or guards
 * nothing. The count is the same in every run; it does not see work inside the runtime's own
 * functions, for which the milliseconds are printed.
 */
const budgetEntries = 60_000;

const folder = mkdtempSync(join(tmpdir(), "themerank-bundle-"));
const file = join(folder, "index.js");
beforeAll(() => {
  bundle(fileURLToPath(new URL("../gateway/index.ts", import.meta.url)), folder);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it(`the bundle takes ${budgetKiB} KiB of gzip at most`, () => {
  const code = readFileSync(file);
  const kib = gzipSync(code).length / 1024;
  console.log(`bundle: ${(code.length / 1024).toFixed(0)} KiB, ${kib.toFixed(0)} KiB of gzip`);
  expect(kib).toBeLessThan(budgetKiB);
});

it(`the start enters ${budgetEntries} functions and branches at most`, async () => {
  const counter = fileURLToPath(new URL("support/start-up-work.ts", import.meta.url));
  const entries = Number(execFileSync(process.execPath, [counter, file], { encoding: "utf8" }));
  const { startUpMs } = await dryRun(wrangler, ["--env", ""], true);
  console.log(`start-up: ${entries} functions and branches, ${startUpMs ?? "?"} ms here`);
  // A counter that sees nothing would pass for ever.
  expect(entries).toBeGreaterThan(10_000);
  expect(entries).toBeLessThan(budgetEntries);
}, 60_000);
