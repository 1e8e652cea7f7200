// The table of what was seen, printed when all have run.
import { inject } from "vitest";

export interface Seen {
  readonly cell: string;
  readonly fault: string;
  /** Who served, or the status of a refusal. */
  readonly served: string;
  readonly reason: string | null;
  readonly ms: number | string;
  /** Calls of the request itself, and probes beside it. */
  readonly calls: number | string;
  readonly probes?: number;
}

const rows: string[] = [];

export function note({ cell, fault, served, reason, ms, calls, probes = 0 }: Seen): void {
  rows.push(
    [
      cell.padEnd(4),
      fault.padEnd(58),
      served.padEnd(18),
      (reason ?? "-").padEnd(38),
      String(ms).padStart(6),
      `  ${calls}${probes === 0 ? "" : ` + ${probes} probes`}`,
    ].join(" "),
  );
}

/** The console of a test that passes is not shown: Node prints it when the fakes are taken down. */
export async function printTable(title: string): Promise<void> {
  const names = `cell ${"fault".padEnd(58)} ${"served".padEnd(18)} ${"reason".padEnd(38)}`;
  const head = `${title}\n${names}     ms  upstream calls`;
  await fetch(inject("notes"), { method: "POST", body: [head, ...rows].join("\n") });
}
