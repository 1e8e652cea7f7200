// `npm run audit`: known vulnerabilities of high or critical severity, by the registry's audit service.
import { spawnSync } from "node:child_process";
import { seriousFindings } from "./audit-report.ts";

const { stdout } = spawnSync("npm", ["audit", "--json"], { encoding: "utf8" });
const findings = seriousFindings(stdout);
if (findings === null) {
  console.log("NOT RUN: audit (the registry's audit service cannot be asked)");
} else {
  for (const finding of findings) console.error(finding);
  console.log(`audit: ${findings.length} of high or critical severity`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
