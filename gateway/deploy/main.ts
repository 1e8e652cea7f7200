// `npm run deploy [-- rollback|smoke]`: the gateway onto Cloudflare, and back.
import { BadCommand } from "../keys/options.ts";
import { StateFault } from "../keys/state.ts";
import { CannotDeploy } from "./cannot-deploy.ts";
import { readOptions, usage } from "./options.ts";
import { rollback } from "./rollback.ts";
import { assertServes, deploy, type Context } from "./rollout.ts";
import { wrangler } from "./wrangler.ts";

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stop.abort());

const context: Context = {
  wrangler,
  environment: process.env,
  say: (line) => console.error(line),
  show: (line) => console.log(line),
  signal: stop.signal,
};

try {
  const options = readOptions(process.argv.slice(2));
  if (options.command === "help") console.log(usage);
  else if (options.command === "rollback") await rollback(options, context);
  else if (options.command === "deploy") await deploy(options, context);
  else {
    const { url, allowDegraded, settleMs } = options;
    const key = process.env["THEMERANK_API_KEY"] || null;
    const target = { url: url ?? "", key, version: null, source: null, allowDegraded, settleMs };
    await assertServes(target, context);
  }
} catch (error) {
  const told =
    error instanceof CannotDeploy || error instanceof StateFault || error instanceof BadCommand;
  if (!told && !stop.signal.aborted) throw error;
  console.error(told ? error.message : "Stopped.");
  process.exitCode = 1;
}
