// Terraform's own checks: format, and for every module and environment validation and tests.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { must, ran, type Check } from "../check.ts";
import {
  copyInfra,
  initReal,
  roots,
  validateAndTest,
  withStubs,
  work,
  type Root,
} from "./roots.ts";

const format: Check = {
  name: "infra: every file is in Terraform's format",
  needs: ["terraform"],
  async run() {
    await copyInfra();
    await must("terraform", ["fmt", "-check", "-recursive", "-diff", "modules", "environments"], {
      cwd: work,
    });
  },
};

const withReal = (root: Root): Check => ({
  name: `infra/${root.path}: validates and keeps its tests, ${root.provider === "none" ? "no provider" : "real provider"}`,
  needs: ["terraform"],
  async run() {
    await initReal(root);
    await validateAndTest(root, process.env);
  },
});

/** Names, types and what is required, as of the version that was transcribed; no rule of the provider's own. */
const withStub = (root: Root): Check => ({
  name: `infra/${root.path}: validates and keeps its tests, schema stub`,
  needs: ["terraform"],
  async run() {
    await withStubs(async (env) => {
      const cwd = join(work, root.path);
      await must("terraform", ["init", "-backend=false", "-no-color"], { cwd, env });
      await validateAndTest(root, env);
    });
  },
});

/** The stub must be able to fail: each of these is an error that a real provider would find too. */
const stubSees: Check = {
  name: "the schema stub refuses a misspelt attribute, a wrong type and a missing one",
  needs: ["terraform"],
  async run() {
    const [root] = roots.filter(({ path }) => path === "modules/edge");
    const cwd = join(work, root?.path ?? "");
    const main = readFileSync(join(cwd, "main.tf"), "utf8");
    const faults: readonly (readonly [string, string])[] = [
      ["config_src =", "config_source ="],
      ["connect_timeout = 2", 'connect_timeout = "soon"'],
      ["service  = var.origin.service", ""],
    ];
    await withStubs(async (env) => {
      await must("terraform", ["init", "-backend=false", "-no-color"], { cwd, env });
      for (const [right, wrong] of faults) {
        if (!main.includes(right)) throw new Error(`main.tf has no ${right}`);
        // oxlint-disable-next-line no-await-in-loop -- one file, one fault at a time
        await writeFile(join(cwd, "main.tf"), main.replace(right, wrong));
        // oxlint-disable-next-line no-await-in-loop
        const { status } = await ran("terraform", ["validate", "-no-color"], { cwd, env });
        if (status === 0) throw new Error(`${wrong || "without a service"}: nothing was found`);
      }
      await writeFile(join(cwd, "main.tf"), main);
    });
  },
};

const stubbed = (root: Root) => root.provider === "cloudflare" || root.provider === "google";

export const terraformChecks: readonly Check[] = [
  format,
  ...roots.filter((root) => !stubbed(root)).map(withReal),
  ...roots.filter(stubbed).map(withStub),
  stubSees,
  ...roots.filter(stubbed).map(withReal),
];
