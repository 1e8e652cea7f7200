// A Python environment of a suite's own, every wheel by its digest.
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The suite cannot run here, through no fault of the code. */
export class IndexUnreachable extends Error {}
/** The machine lacks something; the message says what. */
export class Unmet extends Error {}

/**
 * Makes `folder/venv` and installs into it.
 * @param requirements a file of pinned packages with their digests
 * @returns the folder of its commands
 * @throws Unmet, IndexUnreachable
 */
export async function createVenv(folder: string, requirements: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const venv = join(folder, "venv");
  const python = await findPython();
  try {
    await run(python, ["-m", "venv", venv]);
  } catch {
    throw new Unmet(`${python} -m venv fails (Debian: apt-get install python3-venv)`);
  }
  const bin = join(venv, "bin");
  const pip = join(bin, "pip");
  const probe = ["download", "-q", "--no-deps", "--timeout", "15", "--retries", "1"];
  await run(pip, [...probe, "-d", join(folder, "probe"), "idna"]).catch(() => {
    throw new IndexUnreachable("package index unreachable");
  });
  const strict = ["--no-deps", "--require-hashes", "--only-binary", ":all:"];
  await run(pip, ["install", "-q", ...strict, "-r", requirements]);
  return bin;
}

async function findPython(): Promise<string> {
  const test = "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))";
  for (const name of ["python3", "python3.13", "python3.12", "python3.11"]) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the first that fits
      await run(name, ["-c", test]);
      return name;
    } catch {
      // The next one.
    }
  }
  throw new Unmet("no Python 3.11 to 3.14 is on the PATH (Debian: apt-get install python3-venv)");
}
