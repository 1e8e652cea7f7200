// Finds the tools the checks need, or installs them into the ignored folder `.infra/`, each of a pinned version.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { must, ran } from "./check.ts";

/** The ignored folder with everything the suite installs or writes. */
export const home = fileURLToPath(new URL("../../.infra", import.meta.url));
const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));

/** A recipe: the command it gives, and how it is made where the PATH has none. */
interface Recipe {
  readonly command: string;
  readonly from: "pip" | "debian" | "go" | "machine";
  /** Debian packages, or the Go module and the package in it. */
  readonly source?: readonly string[];
  /** Built only with --build: compiling it takes longer than all checks together. */
  readonly slow?: boolean;
}

const recipes = {
  // OpenTofu stands in for Terraform; its module cannot be `go install`ed, for it replaces another.
  terraform: {
    command: "terraform",
    from: "go",
    source: ["github.com/opentofu/opentofu@v1.12.6", "./cmd/tofu"],
    slow: true,
  },
  shellcheck: { command: "shellcheck", from: "pip" },
  hadolint: { command: "hadolint", from: "pip" },
  yamllint: { command: "yamllint", from: "pip" },
  moto: { command: "moto_server", from: "pip" },
  "cloud-init": { command: "cloud-init", from: "debian", source: ["cloud-init"] },
  nginx: { command: "nginx", from: "debian", source: ["nginx"] },
  promtool: { command: "promtool", from: "debian", source: ["prometheus"] },
  helm: {
    command: "helm",
    from: "go",
    source: ["helm.sh/helm/v3@v3.19.2", "./cmd/helm"],
    slow: true,
  },
  "docker-compose": { command: "docker", from: "machine" },
} as const satisfies Record<string, Recipe>;

export type Tool = keyof typeof recipes;

/** Why a tool cannot be had; `unreachable` when only because no package index answers. */
export interface Missing {
  readonly why: string;
  readonly unreachable: boolean;
}

export interface Tools {
  /** What cannot be had, and why; every other tool is on the PATH of this process from now on. */
  readonly missing: ReadonlyMap<Tool, Missing>;
}

class Unavailable extends Error {
  readonly unreachable: boolean;
  constructor(why: string, unreachable = false) {
    super(why);
    this.unreachable = unreachable;
  }
}

/**
 * Puts `wanted` on this process's PATH: the machine's own first, then `.infra/`, then a new install.
 *
 * @param build whether tools may be compiled, which takes up to half an hour on two cores
 */
export async function prepareTools(
  wanted: readonly Tool[],
  { build, log }: { build: boolean; log: (line: string) => void },
): Promise<Tools> {
  const bin = join(home, "bin");
  await mkdir(bin, { recursive: true });
  process.env["PATH"] = [process.env["PATH"], bin, join(home, "venv/bin")].join(delimiter);
  // A tool's first run must not look for a file that this suite knows nothing of.
  delete process.env["TF_CLI_CONFIG_FILE"];
  const missing = new Map<Tool, Missing>();
  for (const tool of wanted) {
    // One after the other: they share the package index, the disk and two cores.
    // oxlint-disable-next-line no-await-in-loop
    await provide(tool, build, log).catch((error: unknown) => {
      const why = error instanceof Error ? (error.message.split("\n").at(-1) ?? "") : String(error);
      missing.set(tool, { why, unreachable: error instanceof Unavailable && error.unreachable });
    });
  }
  return { missing };
}

async function provide(tool: Tool, build: boolean, log: (line: string) => void): Promise<void> {
  const recipe: Recipe = recipes[tool];
  if (await found(recipe.command)) return;
  if (tool === "terraform" && (await linked("tofu", "terraform"))) return;
  if (recipe.from === "machine") throw new Unavailable(`no ${recipe.command} on this machine`);
  if (recipe.slow && !build) {
    throw new Unavailable(`no ${recipe.command} on the PATH; -- --build compiles it`);
  }
  const started = Date.now();
  if (recipe.from === "pip") await installPython();
  else if (recipe.from === "debian") await extractDebian(tool, recipe.source ?? []);
  else await buildGo(recipe.command, recipe.source ?? []);
  log(`${tool}: installed in ${Math.round((Date.now() - started) / 1000)} s`);
  if (!(await found(recipe.command))) throw new Unavailable(`${recipe.command} does not start`);
}

/** Whether the PATH has it; every one of them has a version to tell. */
async function found(command: string): Promise<boolean> {
  const flag = { nginx: "-v", helm: "version", moto_server: "--help" }[command] ?? "--version";
  return ran(command, [flag]).then(
    ({ status }) => status === 0,
    () => false,
  );
}

async function linked(existing: string, name: string): Promise<boolean> {
  if (!(await found(existing))) return false;
  const path = await must("sh", ["-c", `command -v ${existing}`]);
  await symlink(path.trim(), join(home, "bin", name));
  return true;
}

/** One environment for all Python tools, made once, every wheel by its digest. */
async function installPython(): Promise<void> {
  const venv = join(home, "venv");
  const mark = join(home, "venv.done");
  const key = createHash("sha256")
    .update(venv)
    .update(await readFile(requirements))
    .digest("hex");
  if (existsSync(mark) && (await readFile(mark, "utf8")) === key) return;
  await rm(venv, { recursive: true, force: true });
  await must("python3", ["-m", "venv", venv]).catch(() => {
    throw new Unavailable("python3 -m venv fails (Debian: apt-get install python3-venv)");
  });
  const pip = join(venv, "bin/pip");
  const probe = ["download", "-q", "--no-deps", "--timeout", "15", "--retries", "1"];
  await must(pip, [...probe, "-d", join(home, "probe"), "idna"]).catch(() => {
    throw new Unavailable("package index unreachable", true);
  });
  const strict = ["--no-deps", "--require-hashes", "--only-binary", ":all:"];
  await must(pip, ["install", "-q", ...strict, "-r", requirements]);
  await writeFile(mark, key);
}

/** Debian packages and what they depend on, unpacked beside the system, which stays as it is. */
async function extractDebian(tool: Tool, packages: readonly string[]): Promise<void> {
  const root = join(home, "debian", tool);
  const files = join(home, "debian", `${tool}.packages`);
  if (!(await found("apt-get"))) throw new Unavailable(`no ${tool} and no apt-get on this machine`);
  await rm(root, { recursive: true, force: true });
  await mkdir(files, { recursive: true });
  // Only what is not installed: --download-only keeps the system as it is.
  const cache = ["-o", `Dir::Cache::archives=${files}`, "-o", "APT::Sandbox::User=root"];
  const get = ["install", "-y", "-qq", "--no-install-recommends", "--download-only", ...cache];
  const first = await ran("apt-get", [...get, ...packages]);
  if (first.status !== 0) {
    const update = await ran("apt-get", ["update", "-qq"]);
    if (update.status !== 0) throw new Unavailable("Debian's package index is not to be had", true);
    await must("apt-get", [...get, ...packages]);
  }
  for (const file of await readdir(files)) {
    // oxlint-disable-next-line no-await-in-loop -- some packages replace each other's folders
    if (file.endsWith(".deb")) await must("dpkg", ["-x", join(files, file), root]);
  }
  await rm(files, { recursive: true, force: true });
  await writeFile(join(home, "bin", recipes[tool].command), wrapper(tool, root), { mode: 0o755 });
}

/** Starts an unpacked program with its own libraries. */
function wrapper(tool: Tool, root: string): string {
  const python = `${root}/usr/lib/python3/dist-packages`;
  const lines =
    tool === "cloud-init"
      ? [`export PYTHONPATH=${python}`, `exec /usr/bin/python3 ${root}/usr/bin/cloud-init "$@"`]
      : [
          `export LD_LIBRARY_PATH=${root}/usr/lib/x86_64-linux-gnu:${root}/lib/x86_64-linux-gnu`,
          `exec ${root}/usr/${tool === "promtool" ? "bin" : "sbin"}/${recipes[tool].command} "$@"`,
        ];
  return ["#!/bin/sh", ...lines, ""].join("\n");
}

async function buildGo(command: string, [module = "", path = ""]: readonly string[]) {
  if (!(await ran("go", ["version"]).catch(() => null))) throw new Unavailable("no Go here");
  const told = await ran("go", ["mod", "download", "-json", module]);
  if (told.status !== 0) throw new Unavailable(`${module} is not to be had`, true);
  const source = join(home, "src", command);
  await rm(source, { recursive: true, force: true });
  await cp((JSON.parse(told.stdout) as { Dir: string }).Dir, source, { recursive: true });
  await must("chmod", ["-R", "u+w", source]);
  const out = join(home, "bin", command);
  await must("go", ["build", "-trimpath", "-o", out, path], { cwd: source, minutes: 30 });
}
