// The build that nothing is sent of: how big the Worker is, and how long it takes to start.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WranglerFault, type Wrangler } from "./wrangler.ts";

export interface Build {
  readonly rawBytes: number;
  readonly gzipBytes: number;
  /** Of a profile on this machine, without the time it only waited; null where none could be made. */
  readonly startUpMs: number | null;
}

/** Cloudflare refuses a Worker that takes longer. */
const startUpLimitMs = 1_000;

/** @throws WranglerFault when it does not build */
export async function dryRun(wrangler: Wrangler, target: readonly string[]): Promise<Build> {
  const folder = mkdtempSync(join(tmpdir(), "themerank-bundle-"));
  try {
    const bundle = join(folder, "worker.bundle");
    const { notes } = await wrangler("deploy", "--dry-run", "--outfile", bundle, ...target);
    const size = notes.find(({ type }) => type === "deploy")?.bundle_size;
    const profile = join(folder, "start-up.cpuprofile");
    const startUpMs = await profiled(wrangler, bundle, profile);
    return { rawBytes: size?.raw_bytes ?? 0, gzipBytes: size?.gzip_bytes ?? 0, startUpMs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a person is told of it. */
export function describeBuild({ rawBytes, gzipBytes, startUpMs }: Build): string {
  const kib = (bytes: number) => `${(bytes / 1_024).toFixed(0)} KiB`;
  const start = startUpMs === null ? "not measured" : `${startUpMs} ms here`;
  const limit = `Cloudflare allows ${startUpLimitMs} ms`;
  return `Bundle ${kib(rawBytes)}, ${kib(gzipBytes)} compressed; start-up ${start} (${limit}).`;
}

/** The profile is for information: without it the deploy goes on. */
async function profiled(wrangler: Wrangler, bundle: string, file: string): Promise<number | null> {
  try {
    const { stdout } = await wrangler("check", "startup", "--worker", bundle, "--outfile", file);
    const [, ms] = /Active: ([\d.]+) ms/.exec(stdout) ?? [];
    return ms === undefined ? null : Math.round(Number(ms));
  } catch (error) {
    if (error instanceof WranglerFault) return null;
    throw error;
  }
}
