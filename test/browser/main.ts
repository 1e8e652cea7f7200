// `npm run test:browser`: makes the environment, then looks at the playground with a real browser.
//   node test/browser/main.ts [--prepare-only] [vitest's arguments]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { IndexUnreachable, prepareBrowser } from "./environment.ts";

/** sysexits.h EX_TEMPFAIL: not run, which is neither passed nor failed. */
const notRun = 75;
const given = process.argv.slice(2);

process.exitCode = await main().catch((error: unknown) => {
  if (error instanceof IndexUnreachable) {
    console.log(`NOT RUN: browser (${error.message})`);
    return notRun;
  }
  console.error(`browser: ${String(error)}`);
  return 1;
});

async function main(): Promise<number> {
  await prepareBrowser((line) => console.log(`browser: ${line}`));
  if (given.includes("--prepare-only")) return 0;
  const vitest = fileURLToPath(new URL("./vitest.mjs", import.meta.resolve("vitest/package.json")));
  const config = ["run", "--config", "test/browser/vitest.config.ts"];
  const child = spawn(process.execPath, [vitest, ...config, ...given], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 1;
}
