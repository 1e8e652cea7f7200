// What `npm audit --json` says: whether it could ask at all, and what is serious.
import { z } from "zod";

const report = z.object({
  auditReportVersion: z.number(),
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string() })),
});

/** High and critical findings by package; null when the service could not be asked. */
export function seriousFindings(output: string): string[] | null {
  const parsed = report.safeParse(parse(output));
  if (!parsed.success) return null;
  return Object.entries(parsed.data.vulnerabilities)
    .filter(([, { severity }]) => severity === "high" || severity === "critical")
    .map(([name, { severity }]) => `${name}: ${severity}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
