// Which configuration file wrangler is given for a deployed environment.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const wranglerToml = join(root, "wrangler.toml");

/**
 * Where `npm run deploy` writes what it deploys: wrangler.toml with Terraform's ids in it.
 * @param env null = the Worker without an environment
 */
export function resolvedFile(env: string | null): string {
  return join(root, ".wrangler/resolved", `${env ?? "default"}.json`);
}

/** The last deploy's file where there is one; by wrangler.toml wrangler asks the Worker for ids. */
export function configFile(env: string | null): string {
  const resolved = resolvedFile(env);
  return existsSync(resolved) ? resolved : wranglerToml;
}
