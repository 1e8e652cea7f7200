// The build that nothing is sent of: how big the Worker is, and how long it takes to start.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WranglerFault, type Wrangler } from "./wrangler.ts";

export interface Build {
  readonly rawBytes: number;
  readonly gzipBytes: number;
  /** Of a profile, without the time it only waited; null where none was made. */
  readonly startUpMs: number | null;
}

/**
 * @param profiled whether its start is to be timed here; an upload brings Cloudflare's own figure
 * @throws WranglerFault when it does not build
 */
export async function dryRun(
  wrangler: Wrangler,
  target: readonly string[],
  profiled: boolean,
): Promise<Build> {
  const folder = mkdtempSync(join(tmpdir(), "themerank-bundle-"));
  try {
    const bundle = join(folder, "worker.bundle");
    const { notes } = await wrangler("deploy", "--dry-run", "--outfile", bundle, ...target);
    const size = notes.find(({ type }) => type === "deploy")?.bundle_size;
    const file = join(folder, "start-up.cpuprofile");
    const startUpMs = profiled ? await profile(wrangler, bundle, file) : null;
    return { rawBytes: size?.raw_bytes ?? 0, gzipBytes: size?.gzip_bytes ?? 0, startUpMs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a person is told of it. */
export function describeBuild({ rawBytes, gzipBytes, startUpMs }: Build): string {
  const kib = (bytes: number) => `${(bytes / 1_024).toFixed(0)} KiB`;
  const start = startUpMs === null ? "" : `; start-up ${startUpMs} ms on this machine`;
  return `Bundle ${kib(rawBytes)}, ${kib(gzipBytes)} compressed${start}.`;
}

/** The profile is for information: without it the deploy goes on. */
async function profile(wrangler: Wrangler, bundle: string, file: string): Promise<number | null> {
  try {
    const { stdout } = await wrangler("check", "startup", "--worker", bundle, "--outfile", file);
    const [, ms] = /Active: ([\d.]+) ms/.exec(stdout) ?? [];
    return ms === undefined ? null : Math.round(Number(ms));
  } catch (error) {
    if (error instanceof WranglerFault) return null;
    throw error;
  }
}
