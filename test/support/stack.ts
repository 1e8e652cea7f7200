// The real `npm start`, as a person runs it, on a port of the test's own.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { freePort } from "./ports.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const startWithinMs = 60_000;

export interface Stack {
  readonly url: string;
  /** All that it printed so far. */
  readonly output: () => string;
  /** Asks it to end as Ctrl-C does; resolves with its exit code. */
  stop(): Promise<number | null>;
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Environment without the settings a developer may have: a test sets what it needs. */
function environment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), CI: "1", ...settings };
}

function run(args: readonly string[], settings: Readonly<Record<string, string>>) {
  // The script itself, as `npm start` runs it: npm would add a process between us and its signals.
  const child = spawn(process.execPath, ["gateway/start/start.mjs", ...args], {
    cwd: root,
    env: environment(settings),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code) => resolve({ code, output }));
  });
  return { child, ended, output: () => output };
}

/** Runs it to its end: for what must not start. */
export function runToEnd(args: readonly string[], settings = {}): Promise<Ended> {
  return run(args, settings).ended;
}

/** Starts it and waits until it says that it is ready. */
export async function startStack(
  args: readonly string[] = [],
  settings: Readonly<Record<string, string>> = {},
): Promise<Stack> {
  const port = await freePort();
  const { child, ended, output } = run(["--port", String(port), ...args], settings);
  const ready = new Promise<"ready">((resolve) => {
    child.stdout.on("data", () => {
      if (output().includes("is ready on")) resolve("ready");
    });
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), startWithinMs);
  const first = await Promise.race([ready, ended]);
  clearTimeout(timer);
  if (first !== "ready") throw new Error(`npm start ended: ${first.output}`);
  return {
    url: `http://127.0.0.1:${port}`,
    output,
    async stop() {
      child.kill("SIGINT");
      return (await ended).code;
    },
  };
}

/** Posts JSON and reads JSON. */
export async function ask<T>(url: string, path: string, body: object): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await response.json()) as T;
}
