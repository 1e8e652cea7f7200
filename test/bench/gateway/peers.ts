// The peers, as their registries ship them, in `.tools/bench/`: made once, versions pinned.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../support/ports.ts";
import type { Server } from "./workerd.ts";

const npmPackages = ["autocannon@9.0.0", "@portkey-ai/gateway@1.15.2"];
const liteLlm = "litellm[proxy]==1.100.0";
const startWithinMs = 90_000;

export const peersFolder = fileURLToPath(new URL("../../../.tools/bench", import.meta.url));

/** Installs the load generator, and Portkey with it, unless they are there. */
export function installLoad(log: (line: string) => void): void {
  mkdirSync(peersFolder, { recursive: true });
  const mark = join(peersFolder, "npm-done");
  if (!existsSync(mark) || readFileSync(mark, "utf8") !== npmPackages.join()) {
    log("installing autocannon and Portkey ...");
    writeFileSync(join(peersFolder, "package.json"), '{"private":true}');
    const options = ["--no-audit", "--no-fund", "--save-exact", "--ignore-scripts"];
    execFileSync("npm", ["install", ...options, ...npmPackages], {
      cwd: peersFolder,
      stdio: "pipe",
    });
    writeFileSync(mark, npmPackages.join());
  }
}

/** Installs the load generator and the peers, unless they are there. @returns whether LiteLLM is */
export function installPeers(log: (line: string) => void): boolean {
  installLoad(log);
  const venv = join(peersFolder, "venv");
  if (existsSync(join(venv, "bin/litellm"))) return true;
  log("installing LiteLLM ...");
  try {
    execFileSync("python3", ["-m", "venv", venv], { stdio: "pipe" });
    execFileSync(join(venv, "bin/pip"), ["install", "-q", liteLlm], { stdio: "pipe" });
    return true;
  } catch (error) {
    log(`LiteLLM does not install: ${String(error).split("\n")[0]}`);
    return false;
  }
}

export async function startPortkey(): Promise<Server> {
  const port = await freePort();
  const script = join(peersFolder, "node_modules/@portkey-ai/gateway/build/start-server.js");
  return start(process.execPath, [script, `--port=${port}`, "--headless"], port);
}

/** With one worker, as it starts by itself. */
export async function startLiteLlm(origin: string): Promise<Server> {
  const port = await freePort();
  const config = join(peersFolder, "litellm.json");
  const params = {
    model: "text-completion-openai/theme-ranker",
    api_base: origin,
    api_key: "none",
  };
  const model_list = [{ model_name: "theme-ranker", litellm_params: params }];
  // YAML takes JSON.
  writeFileSync(config, JSON.stringify({ model_list, litellm_settings: { telemetry: false } }));
  const args = ["--config", config, "--host", "127.0.0.1", "--port", String(port)];
  return start(join(peersFolder, "venv/bin/litellm"), args, port);
}

export async function startUpstream(delayMs: number): Promise<Server> {
  const port = await freePort();
  const script = fileURLToPath(new URL("upstream.ts", import.meta.url));
  return start(process.execPath, [script, String(port), String(delayMs)], port);
}

/** Starts a server and waits until it answers on `port`. */
export async function start(
  command: string,
  args: readonly string[],
  port: number,
): Promise<Server> {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: "True", NO_DOCS: "True" },
  });
  const url = `http://127.0.0.1:${port}`;
  await listens(child, url, command);
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await ended;
    },
  };
}

async function listens(child: ChildProcess, url: string, command: string): Promise<void> {
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000);
    });
  const untilMs = Date.now() + startWithinMs;
  while (Date.now() < untilMs) {
    if (child.exitCode !== null) break;
    // oxlint-disable-next-line no-await-in-loop -- one try after another
    const there = await fetch(url).then(
      () => true,
      () => false,
    );
    if (there) return;
    // oxlint-disable-next-line no-await-in-loop -- as above
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  child.kill();
  throw new Error(`${command} does not answer: ${said}`);
}
