// Schemathesis in an environment of its own, `.tools/fuzz/`: made once, every wheel by its digest.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createVenv } from "../support/python-environment.ts";

const folder = fileURLToPath(new URL("../../.tools/fuzz", import.meta.url));
const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));

export interface Schemathesis {
  readonly command: string;
  /** An ignored folder, for what it writes. */
  readonly folder: string;
}

/** Installs it, unless it is there. @throws Unmet, IndexUnreachable */
export async function prepareSchemathesis(log: (line: string) => void): Promise<Schemathesis> {
  const mark = join(folder, "done");
  // A venv works only in the folder it was made in.
  const key = createHash("sha256").update(folder).update(readFileSync(requirements)).digest("hex");
  const command = join(folder, "venv", "bin", "schemathesis");
  if (existsSync(mark) && readFileSync(mark, "utf8") === key) return { command, folder };
  log("installing Schemathesis ...");
  rmSync(folder, { recursive: true, force: true });
  await createVenv(folder, requirements);
  writeFileSync(mark, key);
  return { command, folder };
}
