// The packages that the lock file names, with what the installed ones say of themselves.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { z } from "zod";

const root = fileURLToPath(new URL("../..", import.meta.url));

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      name: z.string().optional(),
      version: z.string().optional(),
      license: z.string().optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
});
const manifest = z.object({
  license: z.string().optional(),
  allowScripts: z.record(z.string(), z.boolean()).optional(),
});

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX, "" where there is none. The installed package's word, else the lock file's. */
  readonly license: string;
  /** What the lock file says, where the installed package says something else. */
  readonly lockedLicense: string | null;
  /** Packages of other platforms are locked, not installed. */
  readonly installed: boolean;
  readonly hasInstallScript: boolean;
}

/** Every package of the lock file but our own. */
export function lockedPackages(): LockedPackage[] {
  const { packages } = lockFile.parse(read("package-lock.json"));
  return Object.entries(packages)
    .filter(([path]) => path !== "")
    .map(([path, locked]) => {
      const file = join(path, "package.json");
      const installed = existsSync(join(root, file));
      const said = installed ? manifest.parse(read(file)).license : locked.license;
      return {
        name: locked.name ?? path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
        version: locked.version ?? "",
        license: said ?? "",
        lockedLicense: said === locked.license ? null : (locked.license ?? ""),
        installed,
        hasInstallScript: locked.hasInstallScript ?? false,
      };
    });
}

/** The packages whose install scripts may run. */
export function allowedScripts(): string[] {
  const { allowScripts = {} } = manifest.parse(read("package.json"));
  return Object.keys(allowScripts).filter((name) => allowScripts[name]);
}

/** Whether npm refuses an install with a script that is not allowed. */
export const scriptsAreStrict = (): boolean =>
  /^strict-allow-scripts=true$/m.test(readFileSync(join(root, ".npmrc"), "utf8"));

function read(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}
