// The packed client and its command under each Node that its package.json speaks of.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  compile,
  emptyProject,
  expected,
  startGateway,
  typesOf,
  type Project,
} from "../client/package/project.ts";
import type { FakeGateway } from "../support/fake-gateway.ts";
import { freePort } from "../support/ports.ts";

const run = promisify(execFile);
const tools = fileURLToPath(new URL("../../.tools/node", import.meta.url));

let project: Project;
let gateway: FakeGateway;

beforeAll(async () => {
  project = await emptyProject();
  gateway = await startGateway();
  const types = [typesOf("@types/node")];
  expect(await compile(project, { module: "nodenext", lib: ["es2023"], types })).toBe("");
});
afterAll(async () => {
  await gateway?.close();
  project?.remove();
});

it.each(["20.20.2", "22.22.0", "24.21.0"])("works in Node %s", async (version) => {
  const node = await nodeOf(version);
  expect((await run(node, ["--version"])).stdout).toBe(`v${version}\n`);
  const closed = `http://127.0.0.1:${await freePort()}`;
  const seen = await run(node, [join(project.folder, "run.mjs"), gateway.baseUrl, closed]);
  expect(JSON.parse(seen.stdout)).toEqual(expected);
  const command = join(project.folder, "node_modules/themerank/dist/cli/main.js");
  const shown = await run(node, [command, "The rent.", "--url", gateway.baseUrl, "--stream"]);
  expect(shown.stdout).toMatch(/^1 Money +█+[^]*\n\nRent\.\n$/);
});

/** The binary, from npm, installed once. */
async function nodeOf(version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(tools, version);
  const binary = join(folder, "node_modules", name, "bin/node");
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"private": true}');
  const given = ["install", "--no-audit", "--no-fund", "--ignore-scripts", `${name}@${version}`];
  await run("npm", given, { cwd: folder });
  return binary;
}
