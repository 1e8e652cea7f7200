// The real wrangler as a child: what it printed, and what it noted for machines.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { z } from "zod";
import { root } from "../keys/config-file.ts";
import { CannotDeploy } from "./cannot-deploy.ts";
import { secretNames } from "./secret-names.ts";

const script = join(root, "node_modules/wrangler/bin/wrangler.js");
const run = promisify(execFile);
/** More than any step takes; a step that hangs must not hang a pipeline. */
const timeoutMs = 180_000;

/** A line of the file that WRANGLER_OUTPUT_FILE_PATH names; only the fields that are used. */
const note = z.object({
  type: z.string(),
  version_id: z.string().nullish(),
  targets: z.array(z.string()).nullish(),
  bundle_size: z.object({ raw_bytes: z.number(), gzip_bytes: z.number() }).nullish(),
});

export type Note = z.output<typeof note>;

export interface Ran {
  readonly stdout: string;
  readonly notes: readonly Note[];
}

/** Wrangler could not do it; the message is its own. */
export class WranglerFault extends CannotDeploy {}

export type Wrangler = (...args: readonly string[]) => Promise<Ran>;

/**
 * Runs it with wrangler's own login, or CLOUDFLARE_API_TOKEN, and asks nobody.
 * @throws WranglerFault when it fails
 */
export const wrangler: Wrangler = async (...args) => {
  const folder = mkdtempSync(join(tmpdir(), "themerank-wrangler-"));
  const notes = join(folder, "notes.ndjson");
  try {
    const { stdout } = await run(process.execPath, [script, ...args], {
      cwd: root,
      env: environment(notes),
      maxBuffer: 2 ** 26,
      timeout: timeoutMs,
    });
    return { stdout: stripVTControlCharacters(stdout), notes: readNotes(notes) };
  } catch (error) {
    const {
      killed,
      stdout = "",
      stderr = "",
    } = error as {
      killed?: boolean;
      stdout?: string;
      stderr?: string;
    };
    if (killed) throw new WranglerFault(`wrangler ${args[0]} took over ${timeoutMs / 1_000} s.`);
    throw new WranglerFault(complaint(stripVTControlCharacters(stderr || stdout)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** How long the Worker took to start at Cloudflare, of an upload's words; 1 s is allowed. */
export function startUpOf({ stdout }: Ran): string {
  const [, ms] = /Worker Startup Time: (\d+) ms/.exec(stdout) ?? [];
  return ms === undefined ? "" : ` (starts in ${ms} ms at Cloudflare)`;
}

function environment(notes: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_OUTPUT_FILE_PATH: notes,
  };
  // It gets secrets by a file, and only where they are to be set.
  for (const name of secretNames) delete env[name];
  return env;
}

function readNotes(file: string): Note[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => note.parse(JSON.parse(line)));
}

function complaint(printed: string): string {
  if (/CLOUDFLARE_API_TOKEN environment variable/.test(printed)) {
    return "Not logged in to Cloudflare: npx wrangler login, or set CLOUDFLARE_API_TOKEN.";
  }
  const lines = printed.split("\n").map((line) => line.trimEnd());
  const noise = /Logs were written to|please open an issue|github\.com\/cloudflare|^\s*$/;
  return lines.filter((line) => !noise.test(line)).join("\n");
}
