// `npm run test:vllm`: makes the environment, then runs the suite against a real vLLM.
//   node test/vllm/main.ts [--prepare-only] [vitest's arguments]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { IndexUnreachable, prepareEnvironment, Unmet } from "./environment.ts";

/** sysexits.h EX_TEMPFAIL: not run, which is neither passed nor failed. */
const notRun = 75;
const given = process.argv.slice(2);

process.exitCode = await main().catch((error: unknown) => {
  if (error instanceof IndexUnreachable) {
    console.log(`NOT RUN: vllm (${error.message})`);
    return notRun;
  }
  console.error(`vllm: ${error instanceof Unmet ? error.message : String(error)}`);
  return 1;
});

async function main(): Promise<number> {
  const { modelPath } = await prepareEnvironment({ log: (line) => console.log(`vllm: ${line}`) });
  if (given.includes("--prepare-only")) {
    console.log(`vllm: ready, the model is in ${modelPath}`);
    return 0;
  }
  const vitest = fileURLToPath(new URL("./vitest.mjs", import.meta.resolve("vitest/package.json")));
  const config = ["run", "--config", "test/vllm/vitest.config.ts"];
  const child = spawn(process.execPath, [vitest, ...config, ...given], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 1;
}
