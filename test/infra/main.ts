// `npm run test:infra`: what infra/ and gpu-origin/ promise, as far as a machine without an account can tell.
//   node test/infra/main.ts [--build] [--list] [part of a check's name]
import { parseArgs } from "node:util";
import { awsApplyChecks } from "./aws-apply/checks.ts";
import { bootstrapChecks } from "./bootstrap/checks.ts";
import { NotRun, type Check } from "./check.ts";
import { gpuOriginChecks } from "./gpu-origin/checks.ts";
import { observabilityChecks } from "./observability/checks.ts";
import { runbookChecks } from "./runbooks/checks.ts";
import { secretsChecks } from "./secrets/checks.ts";
import { terraformChecks } from "./terraform/checks.ts";
import { prepareTools } from "./tools.ts";

/** sysexits.h EX_TEMPFAIL: not run, which is neither passed nor failed. */
const notRunStatus = 75;

/** All checks, in the order in which they are told. */
const suites: readonly (readonly Check[])[] = [
  runbookChecks,
  bootstrapChecks,
  secretsChecks,
  terraformChecks,
  awsApplyChecks,
  gpuOriginChecks,
  observabilityChecks,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    // Compiles tools that are neither on the PATH nor in a package: up to half an hour.
    build: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});
const [part = ""] = positionals;
const checks = suites.flat().filter(({ name }) => name.includes(part));

process.exitCode = values.list ? list() : await main();

function list(): number {
  for (const { name, needs } of checks) console.log(`${name} [${needs.join(", ")}]`);
  return 0;
}

async function main(): Promise<number> {
  const wanted = [...new Set(checks.flatMap(({ needs }) => needs))];
  const { missing } = await prepareTools(wanted, {
    build: values.build,
    log: (line) => console.log(`infra: ${line}`),
  });
  const counts = { passed: 0, failed: 0, notRun: 0 };
  for (const check of checks) {
    const absent = check.needs.map((tool) => missing.get(tool)?.why).find((why) => why);
    // One after the other: they share ports, the tools' folders and two cores.
    // oxlint-disable-next-line no-await-in-loop
    counts[absent === undefined ? await outcome(check) : skip(check, absent)] += 1;
  }
  // Nothing could be fetched and nothing ran: that says nothing about the product.
  const offline = [...missing.values()].some(({ unreachable }) => unreachable);
  if (offline && counts.passed + counts.failed === 0) {
    console.log("NOT RUN: infra (no package index can be reached)");
    return notRunStatus;
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.notRun} not run`);
  return counts.failed === 0 ? 0 : 1;
}

async function outcome(check: Check): Promise<"passed" | "failed" | "notRun"> {
  const started = Date.now();
  try {
    await check.run();
  } catch (error) {
    if (error instanceof NotRun) return skip(check, error.message);
    console.log(`FAILED: ${check.name}\n${error instanceof Error ? error.message : String(error)}`);
    return "failed";
  }
  console.log(`passed: ${check.name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return "passed";
}

function skip({ name }: Check, why: string): "notRun" {
  console.log(`NOT RUN: ${name} (${why})`);
  return "notRun";
}
