// `npm run soak`: ten minutes of load and faults on `wrangler dev`; one minute under CI.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { measured } from "../bench/machine.ts";
import { reportOf, tableOf } from "./report.ts";
import { drawSchedule } from "./schedule.ts";
import { soak } from "./soak.ts";

const isCi = process.env["CI"] === "true";
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: isCi ? "1" : "10" },
    seed: { type: "string", default: "1" },
    // A short run must not stand in for the full one.
    out: { type: "string", default: isCi ? "" : "test/soak/results/soak.json" },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error("npm run soak -- [--minutes N] [--seed N] [--out FILE]");
  process.exit(2);
}

const where = measured();
const phases = drawSchedule(seed, minutes * 60_000);
const outcome = await soak(phases, minutes * 60_000, seed);
const report = { ...where, minutes, seed, ...reportOf(phases, outcome) };
console.table(tableOf(report));
console.log(`${report.date}, commit ${report.commit}, ${report.machine}`);
if (values.out !== "") {
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`figures in ${values.out}`);
}
process.exitCode = report.violations.length === 0 ? 0 : 1;
