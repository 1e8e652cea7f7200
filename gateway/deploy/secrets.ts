// The Worker's secrets: which there are, where their values come from, and how they get to wrangler.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { secretNames, type SecretName } from "./secret-names.ts";
import { WranglerFault, type Wrangler } from "./wrangler.ts";

export interface Secrets {
  /** To be set, with their values. */
  readonly given: Readonly<Partial<Record<SecretName, string>>>;
  /** On the Worker already, whose values nobody can read. */
  readonly kept: readonly string[];
}

const listed = z.array(z.object({ name: z.string() }));
/** Wrangler's words when Cloudflare knows no such Worker; any other error is another matter. */
const noSuchWorker = /\bWorker "[^"]*"(?: \(env: [^)]*\))? not found\./;

/**
 * The names of the secrets on the Worker; null = there is no such Worker.
 * @throws WranglerFault for any other answer: a pepper that cannot be seen must not count as missing
 */
export async function secretsOnWorker(
  wrangler: Wrangler,
  target: readonly string[],
): Promise<readonly string[] | null> {
  try {
    const { stdout } = await wrangler("secret", "list", "--format", "json", ...target);
    return listed.parse(JSON.parse(stdout)).map(({ name }) => name);
  } catch (error) {
    if (error instanceof WranglerFault && noSuchWorker.test(error.message)) return null;
    throw error;
  }
}

/**
 * What to set. CACHE_PEPPER is made once: another one would make all that is cached unreadable.
 * @param environment where their values are
 */
export function chooseSecrets(
  environment: NodeJS.ProcessEnv,
  onWorker: readonly string[] | null,
): Secrets {
  const kept = onWorker ?? [];
  const given: Partial<Record<SecretName, string>> = {};
  for (const name of secretNames) {
    const value = environment[name];
    if (value) given[name] = value;
  }
  if (kept.includes("CACHE_PEPPER")) delete given.CACHE_PEPPER;
  else given.CACHE_PEPPER ??= randomBytes(32).toString("hex");
  return { given, kept };
}

/** A file for wrangler's `--secrets-file`, readable by its owner alone; gone when `use` has ended. */
export async function withSecretsFile<T>(
  { given }: Secrets,
  use: (file: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "themerank-secrets-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    const file = join(folder, "secrets.json");
    writeFileSync(file, JSON.stringify(given), { mode: 0o600 });
    return await use(file);
  } finally {
    remove();
    process.off("exit", remove);
  }
}
