// Modules and environments, copied to where Terraform may write, and the providers that they run with.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { cp, mkdir, rm } from "node:fs/promises";
import { arch, homedir, platform } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { must, NotRun, ran } from "../check.ts";
import { startStub } from "../provider-stub/server.ts";
import { home } from "../tools.ts";

const infra = fileURLToPath(new URL("../../../infra", import.meta.url));
/** Of this run alone, and gone with it: two runs at once must not share it. */
export const work = join(home, `terraform-${process.pid}`);

export type Provider = "aws" | "cloudflare" | "google" | "none";

export interface Root {
  /** modules/edge, environments/staging/aws */
  readonly path: string;
  readonly provider: Provider;
}

const providerOf = (path: string): Provider => {
  if (path.endsWith("/origin-bootstrap")) return "none";
  if (/[/-]aws$/.test(path)) return "aws";
  return /[/-]gcp$/.test(path) ? "google" : "cloudflare";
};

/** Every folder below infra/ with a configuration of its own. */
export const roots: readonly Root[] = readdirSync(infra, { recursive: true, encoding: "utf8" })
  .filter((path) => /(^|\/)(main|versions)\.tf$/.test(path))
  .map((path) => dirname(path))
  .filter((path, index, all) => all.indexOf(path) === index)
  .toSorted()
  .map((path) => ({ path, provider: providerOf(path) }));

let copying: Promise<void> | undefined;

/** Makes `work` once in a run: infra/ without what somebody's own Terraform has left there. */
export function copyInfra(): Promise<void> {
  return (copying ??= copyAnew());
}

async function copyAnew(): Promise<void> {
  process.once("exit", () => rmSync(work, { recursive: true, force: true }));
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  await cp(infra, work, {
    recursive: true,
    filter: (path) => !/\.terraform|\.tfstate|\.tfvars$|backend\.hcl/.test(relative(infra, path)),
  });
}

/**
 * `terraform init` with the real provider: from a folder of plugins on this machine, else from its registry.
 * @throws NotRun when there is neither
 */
export async function initReal(root: Root): Promise<void> {
  await copyInfra();
  const cwd = join(work, root.path);
  const plugins = root.provider === "none" ? null : pluginFolder(root.provider);
  const from = plugins === null ? [] : [`-plugin-dir=${plugins}`];
  const { status, output } = await ran("terraform", ["init", "-backend=false", ...from], { cwd });
  if (status === 0) return;
  if (plugins === null && /could not connect|failed to query|could not resolve/i.test(output)) {
    throw new NotRun(`the provider ${root.provider} is neither on this machine nor to be fetched`);
  }
  throw new Error(output);
}

/** Terraform's own folders for plugins, and a registry's layout one level below /opt. */
function pluginFolder(provider: Provider): string | null {
  const vendor = provider === "cloudflare" ? "cloudflare" : "hashicorp";
  const system = `${platform()}_${arch() === "x64" ? "amd64" : arch()}`;
  const folders = [
    join(homedir(), ".terraform.d/plugins"),
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    ...(existsSync("/opt") ? readdirSync("/opt").map((name) => join("/opt", name)) : []),
  ];
  const has = (folder: string) => {
    const versions = join(folder, "registry.terraform.io", vendor, provider);
    if (!existsSync(versions)) return false;
    return readdirSync(versions).some((version) => existsSync(join(versions, version, system)));
  };
  return folders.find(has) ?? null;
}

/** Runs Terraform with stand-ins for the providers of Cloudflare and Google. */
export async function withStubs<T>(use: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  await copyInfra();
  const stubs = await Promise.all([
    startStub("cloudflare", "registry.terraform.io/cloudflare/cloudflare"),
    startStub("google", "registry.terraform.io/hashicorp/google"),
  ]);
  const reattach = Object.assign({}, ...stubs.map((stub) => stub.reattach)) as object;
  try {
    return await use({ ...process.env, TF_REATTACH_PROVIDERS: JSON.stringify(reattach) });
  } finally {
    for (const stub of stubs) stub.close();
  }
}

/** Validates a root that is initialised, and runs its tests. @throws Error with what Terraform said */
export async function validateAndTest(root: Root, env: NodeJS.ProcessEnv): Promise<void> {
  const cwd = join(work, root.path);
  await must("terraform", ["validate", "-no-color"], { cwd, env });
  const told = await must("terraform", ["test", "-no-color"], { cwd, env });
  const [, passed = "0"] = /(\d+) passed, 0 failed/.exec(told) ?? [];
  if (passed === "0") throw new Error(`${basename(root.path)} has no tests\n${told}`);
}
