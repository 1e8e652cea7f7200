// Schemathesis in an environment of its own, `.tools/fuzz/`: made once, every wheel by its digest.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const folder = fileURLToPath(new URL("../../.tools/fuzz", import.meta.url));
const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));

/** The suite cannot run here, through no fault of the code. */
export class IndexUnreachable extends Error {}
/** The machine lacks something; the message says what. */
export class Unmet extends Error {}

export interface Schemathesis {
  readonly command: string;
  /** An ignored folder, for what it writes. */
  readonly folder: string;
}

/** Installs it, unless it is there. @throws Unmet, IndexUnreachable */
export async function prepareSchemathesis(log: (line: string) => void): Promise<Schemathesis> {
  const venv = join(folder, "venv");
  const mark = join(folder, "done");
  // A venv works only in the folder it was made in.
  const key = createHash("sha256").update(folder).update(readFileSync(requirements)).digest("hex");
  const command = join(venv, "bin", "schemathesis");
  if (existsSync(mark) && readFileSync(mark, "utf8") === key) return { command, folder };
  log("installing Schemathesis ...");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const python = await findPython();
  try {
    await run(python, ["-m", "venv", venv]);
  } catch {
    throw new Unmet(`${python} -m venv fails (Debian: apt-get install python3-venv)`);
  }
  const pip = join(venv, "bin", "pip");
  const probe = ["download", "-q", "--no-deps", "--timeout", "15", "--retries", "1"];
  await run(pip, [...probe, "-d", join(folder, "probe"), "idna"]).catch(() => {
    throw new IndexUnreachable("package index unreachable");
  });
  const strict = ["--no-deps", "--require-hashes", "--only-binary", ":all:"];
  await run(pip, ["install", "-q", ...strict, "-r", requirements]);
  writeFileSync(mark, key);
  return { command, folder };
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
