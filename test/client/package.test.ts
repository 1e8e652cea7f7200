// The package in an empty project: what is in it, that it compiles there, and runs in Node and in a Worker.
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestHarness } from "wrangler";
import type { FakeGateway } from "../support/fake-gateway.ts";
import { freePort } from "../support/ports.ts";
import {
  compile,
  emptyProject,
  expected,
  startGateway,
  typesOf,
  type Project,
} from "./package/project.ts";

const run = promisify(execFile);

describe("the package", () => {
  let project: Project;
  let gateway: FakeGateway;
  let closed: string;

  beforeAll(async () => {
    project = await emptyProject();
    gateway = await startGateway();
    closed = `http://127.0.0.1:${await freePort()}`;
  });
  afterAll(async () => {
    await gateway.close();
    project.remove();
  });

  it("holds what is built, its licence and its page, and nothing else", () => {
    const odd = project.packed.filter(
      (path) =>
        !/^(?:dist\/(?:cli\/)?[\w-]+\.(?:js|d\.ts)|LICENSE|README\.md|package\.json)$/.test(path),
    );
    expect(odd).toEqual([]);
    expect(project.packed).toContain("dist/index.js");
    expect(project.packed).toContain("dist/cli/main.js");
  });

  it("depends on nothing", () => {
    const { packages } = JSON.parse(
      readFileSync(join(project.folder, "package-lock.json"), "utf8"),
    ) as { packages: object };
    expect(Object.keys(packages)).toEqual(["", "node_modules/themerank"]);
  });

  it.each([
    [
      "a bundler and the DOM",
      { module: "esnext", moduleResolution: "bundler", lib: ["es2023", "dom"], types: [] },
    ],
    ["Node", { module: "nodenext", lib: ["es2023"], types: [typesOf("@types/node")] }],
    [
      "a Worker",
      {
        module: "esnext",
        moduleResolution: "bundler",
        lib: ["es2023"],
        types: [typesOf("@cloudflare/workers-types")],
      },
    ],
  ])("compiles under strict TypeScript for %s", async (_, options) => {
    expect(await compile(project, options)).toBe("");
  });

  it("runs in this Node", async () => {
    await compile(project, {
      module: "nodenext",
      lib: ["es2023"],
      types: [typesOf("@types/node")],
    });
    const args = [join(project.folder, "run.mjs"), gateway.baseUrl, closed];
    const { stdout } = await run(process.execPath, args);
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  it("runs in a Worker", async () => {
    const config = join(project.folder, "wrangler.json");
    writeFileSync(
      config,
      JSON.stringify({ name: "consumer", main: "worker.ts", compatibility_date: "2026-11-15" }),
    );
    const vars = { URL: gateway.baseUrl, CLOSED: closed };
    const server = createTestHarness({ workers: [{ configPath: config, vars }] });
    await server.listen();
    const seen = (await (await server.fetch("/")).json()) as typeof expected;
    await server.close();
    // The harness fetches for the Worker, and answers 500 where nobody listens.
    expect({ ...seen, unreachable: "" }).toEqual({ ...expected, unreachable: "" });
    expect(["network", "unexpected"]).toContain(seen.unreachable);
  });

  it("has a command that runs as npx would run it", async () => {
    const themerank = join(project.folder, "node_modules/.bin/themerank");
    const { stdout } = await run(themerank, ["The rent.", "--url", gateway.baseUrl]);
    expect(stdout).toContain("1 Money");
  });
});
