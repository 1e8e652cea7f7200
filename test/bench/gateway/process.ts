// What a process and its children have used: CPU time and resident memory, from Linux's /proc.
import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks a second; fixed in the kernel's interface on every platform that Node runs on. */
const ticksPerSecond = 100;

export interface Consumption {
  /** User and system, milliseconds, since each process began. */
  readonly cpuMs: number;
  readonly memoryMiB: number;
}

export function consumptionOf(pid: number): Consumption {
  const family = new Set([pid]);
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const stats = new Map(all.map((name) => [Number(name), fieldsOf(Number(name))]));
  // Children have higher numbers than their parents, but for a wrap that a benchmark does not live to see.
  for (const [id, fields] of [...stats].toSorted(([a], [b]) => a - b))
    if (fields !== null && family.has(Number(fields[1]))) family.add(id);
  let ticks = 0;
  let memoryKiB = 0;
  for (const id of family) {
    const fields = stats.get(id);
    if (!fields) continue;
    ticks += Number(fields[11]) + Number(fields[12]);
    memoryKiB += Number(
      /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0,
    );
  }
  return { cpuMs: (ticks * 1_000) / ticksPerSecond, memoryMiB: memoryKiB / 1_024 };
}

/** From the state on: the name before it may hold anything. */
function fieldsOf(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}
