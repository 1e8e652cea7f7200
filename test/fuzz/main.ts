// `npm run test:fuzz`: Schemathesis against the running gateway, from its own OpenAPI document.
//   node test/fuzz/main.ts [--cases N] [--seed N]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startFakeGemini } from "../support/fake-gemini.ts";
import { startFakeVllm } from "../support/fake-vllm.ts";
import { startStack } from "../support/stack.ts";
import { IndexUnreachable, Unmet } from "../support/python-environment.ts";
import { prepareSchemathesis } from "./environment.ts";

/** sysexits.h EX_TEMPFAIL: not run, which is neither passed nor failed. */
const notRun = 75;
/** Short enough for every run of the suites; `--cases 6000` makes about 100,000 in all. */
const casesPerOperation = 100;
/** The fakes remember what they were asked; nobody reads it here. */
const forgetMs = 2_000;

const configuration = fileURLToPath(new URL("schemathesis.toml", import.meta.url));

const { values } = parseArgs({
  options: { cases: { type: "string" }, seed: { type: "string" } },
});

process.exitCode = await main().catch((error: unknown) => {
  if (error instanceof IndexUnreachable) {
    console.log(`NOT RUN: fuzz (${error.message})`);
    return notRun;
  }
  console.error(`fuzz: ${error instanceof Unmet ? error.message : String(error)}`);
  return 1;
});

async function main(): Promise<number> {
  const { command, folder } = await prepareSchemathesis((line) => console.log(`fuzz: ${line}`));
  const gemini = await startFakeGemini();
  const vllm = await startFakeVllm();
  const forgetting = setInterval(() => {
    gemini.reset();
    vllm.reset();
  }, forgetMs);
  const stack = await startStack(["--origin", vllm.url], {
    GEMINI_API_KEY: "a-key",
    GEMINI_BASE_URL: gemini.url,
  });
  try {
    const document = join(folder, "openapi.json");
    writeFileSync(document, JSON.stringify(await openDocument(stack.url)));
    const cases = values.cases ?? String(casesPerOperation);
    // A schema cannot say all: exactly one of two fields, ids that differ, a text with a letter.
    const options =
      // One worker: CPython 3.11 may fail when two of its threads parse source at once.
      "--workers 1 --phases examples,coverage,fuzzing --checks all --exclude-checks " +
      "positive_data_acceptance --continue-on-failure --no-color";
    const code = await schemathesis(command, folder, [
      ...[
        "--config-file",
        configuration,
        "run",
        document,
        "--url",
        stack.url,
        "--max-examples",
        cases,
      ].concat(options.split(" ")),
      ...(values.seed === undefined ? [] : ["--seed", values.seed]),
    ]);
    console.log(`fuzz: answers by status: ${statuses(stack.output())}`);
    const broken = /"status":5(?!03|04)\d\d/.test(stack.output());
    if (broken) console.error("fuzz: a 5xx that is neither 503 nor 504");
    return broken ? 1 : code;
  } finally {
    clearInterval(forgetting);
    await stack.stop();
    await Promise.all([gemini.close(), vllm.close()]);
  }
}

/** The document as it holds for AUTH_MODE=open: no operation asks for a key. */
async function openDocument(url: string): Promise<object> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { security?: unknown }>>;
  };
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path)) delete operation.security;
  }
  return document;
}

async function schemathesis(
  command: string,
  folder: string,
  args: readonly string[],
): Promise<number> {
  const child = spawn(command, args, { cwd: folder, stdio: "inherit" });
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 1;
}

/** From the gateway's own events. */
function statuses(output: string): string {
  const counts = new Map<string, number>();
  for (const [, status = ""] of output.matchAll(/^\{"event":"request".*?"status":(\d+)/gm)) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  const sorted = [...counts].toSorted(([a], [b]) => a.localeCompare(b));
  return sorted.map(([status, count]) => `${status}: ${count}`).join(", ");
}
