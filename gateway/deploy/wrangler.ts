// The real wrangler as a child: what it printed, and what it noted for machines.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters as strip } from "node:util";
import { z } from "zod";
import { root } from "../keys/config-file.ts";
import { CannotDeploy } from "./cannot-deploy.ts";
import { secretNames } from "./secret-names.ts";

const script = join(root, "node_modules/wrangler/bin/wrangler.js");
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
    const { code, stdout, stderr } = await run(args, environment(notes));
    if (code === 0) return { stdout, notes: readNotes(notes) };
    if (code !== null) throw new WranglerFault(complaint(stderr || stdout));
    throw new WranglerFault(`wrangler ${args[0]} took over ${timeoutMs / 1_000} s, or was ended.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A group of its own: Ctrl-C leaves the step whole, and a step that hangs is ended with its children. */
async function run(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    env,
    detached: process.platform !== "win32",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  const end = () => {
    if (pid !== undefined) process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  };
  const timer = setTimeout(end, timeoutMs);
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    }),
  ]);
  clearTimeout(timer);
  return { code, stdout: strip(stdout), stderr: strip(stderr) };
}

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
