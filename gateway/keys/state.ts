// KV STATE from the command line: wrangler's own `kv key`, with wrangler's login and wrangler's ids.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { configFile, root, wranglerToml } from "./config-file.ts";
import type { Place } from "./options.ts";

const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
const run = promisify(execFile);

export interface Entry {
  readonly name: string;
  readonly metadata?: unknown;
}

/** What the commands need of KV. */
export interface State {
  /** All entries whose name begins so, with their metadata. */
  list(prefix: string): Promise<readonly Entry[]>;
  put(name: string, value: string, metadata: object): Promise<void>;
}

/** Wrangler could not do it; the message is its own. */
export class StateFault extends Error {
  override readonly name = "StateFault";
}

/**
 * The namespace STATE of a place, each access a run of wrangler.
 * @param ttlSeconds what is put ends by itself after this, 60 at least; null = never
 */
export function stateOf(
  { env, remote, persistTo }: Place,
  ttlSeconds: number | null = null,
): State {
  const where = ["--binding", "STATE", "--config", remote ? configFile(env) : wranglerToml];
  where.push(env === null ? "--env=" : `--env=${env}`, remote ? "--remote" : "--local");
  if (persistTo !== null) where.push("--persist-to", persistTo);
  const life = ttlSeconds === null ? [] : ["--ttl", String(ttlSeconds)];

  const kv = async (...args: string[]): Promise<string> => {
    try {
      const given = [wrangler, "kv", "key", ...args, ...where];
      const { stdout } = await run(process.execPath, given, {
        maxBuffer: 2 ** 26,
        env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
      });
      return stdout;
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      throw new StateFault(stripVTControlCharacters(stderr || stdout).trim());
    }
  };

  return {
    async list(prefix) {
      return JSON.parse(await kv("list", "--prefix", prefix)) as Entry[];
    },
    async put(name, value, metadata) {
      await kv("put", name, value, "--metadata", JSON.stringify(metadata), ...life);
    },
  };
}
