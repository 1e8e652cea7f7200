// The packed client under each Node that its package.json speaks of: 20, 22 and 24.
//   node test/clients/package/main.ts
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import { fileURLToPath } from "node:url";
import {
  compile,
  emptyProject,
  expected,
  startGateway,
  typesOf,
} from "../../client/package/project.ts";
import { freePort } from "../../support/ports.ts";

const run = promisify(execFile);
/** sysexits.h EX_TEMPFAIL: not run, which is neither passed nor failed. */
const notRun = 75;
const versions = ["20.20.2", "22.22.0", "24.21.0"];
const tools = fileURLToPath(new URL("../../../.tools/node", import.meta.url));

process.exitCode = await main();

async function main(): Promise<number> {
  const binaries: string[] = [];
  for (const version of versions) {
    // oxlint-disable-next-line no-await-in-loop -- npm does one at a time
    const binary = await nodeOf(version);
    if (binary === null) {
      console.log("NOT RUN: clients/package (package index unreachable, or no such Node for it)");
      return notRun;
    }
    binaries.push(binary);
  }
  const project = await emptyProject();
  const gateway = await startGateway();
  const closed = `http://127.0.0.1:${await freePort()}`;
  let failures = 0;
  try {
    const types = [typesOf("@types/node")];
    const complaints = await compile(project, { module: "nodenext", lib: ["es2023"], types });
    if (complaints !== "") throw new Error(complaints);
    const command = join(project.folder, "node_modules/themerank/dist/cli/main.js");
    for (const binary of binaries) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const { stdout: version } = await run(binary, ["--version"]);
      const args = [join(project.folder, "run.mjs"), gateway.baseUrl, closed];
      // oxlint-disable-next-line no-await-in-loop -- as above
      const seen = JSON.parse((await run(binary, args)).stdout) as typeof expected;
      // oxlint-disable-next-line no-await-in-loop -- as above
      const shown = await run(binary, [command, "The rent.", "--url", gateway.baseUrl, "--stream"]);
      const good =
        isDeepStrictEqual(seen, expected) && /1 Money █+.*\n[^]*Rent\./.test(shown.stdout);
      if (!good) failures += 1;
      console.log(
        `${good ? "ok" : "FAILED"}: the packed client and its command under ${version.trim()}`,
      );
    }
  } finally {
    await gateway.close();
    project.remove();
  }
  return failures === 0 ? 0 : 1;
}

/** The binary, installed once; null where there is none to be had. */
async function nodeOf(version: string): Promise<string | null> {
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const folder = join(tools, version);
  const binary = join(folder, "node_modules", name, "bin/node");
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"private": true}');
  const install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", `${name}@${version}`];
  return run("npm", install, { cwd: folder }).then(
    () => (existsSync(binary) ? binary : null),
    () => null,
  );
}
