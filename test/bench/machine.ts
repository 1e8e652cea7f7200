// Where and of what a figure was measured: a number without it says nothing.
import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";

export interface Measured {
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly node: string;
}

export function measured(): Measured {
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  const all = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return {
    date: new Date().toISOString(),
    commit: git("rev-parse", "--short", "HEAD"),
    machine: `${all.length} x ${all[0]?.model.trim() ?? "unknown"}, ${memoryGiB} GiB`,
    node: process.version,
  };
}
