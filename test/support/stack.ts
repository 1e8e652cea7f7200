// The real `npm start`, as a person runs it, on a port of the test's own.
import { execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { eventsIn } from "./event-lines.ts";
import { described } from "./document-check.ts";
import { freePort } from "./ports.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const startWithinMs = 60_000;

export interface Stack {
  readonly url: string;
  readonly pid: number;
  /** All that it printed so far. */
  readonly output: () => string;
  /** The process groups of all that it started, children's children too. */
  readonly groups: readonly number[];
  /**
   * Asks it to end, as Ctrl-C does unless told otherwise; resolves with its exit code, and throws where
   * it has printed an event that is not of the schema, or two of one request.
   */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Reads no more of its output, as `| head` does: the next line it prints is lost. */
  hangUp(): void;
  readonly ended: Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** One process, as `ps` tells it. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
}

/** Environment without the settings a developer may have: a test sets what it needs. */
function environment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), CI: "1", ...settings };
}

/** Most tests run the script itself, as `npm start` does: npm would stand between them and it. */
export type Runner = "node" | "npm";

function run(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  cwd: string,
  runner: Runner = "node",
) {
  const [command, first] =
    runner === "npm"
      ? (["npm", ["start", "--"]] as const)
      : ([process.execPath, ["gateway/start/start.mjs"]] as const);
  const child = spawn(command, [...first, ...args], {
    cwd,
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

/**
 * Runs it to its end: for what must not start.
 * @param checkout the folder it is run in, this repository by default
 */
export function runToEnd(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
  checkout = root,
): Promise<Ended> {
  return run(args, settings, checkout).ended;
}

/**
 * Starts it and waits until it says that it is ready.
 * @param checkout the folder it is run in, this repository by default
 */
export async function startStack(
  args: readonly string[] = [],
  settings: Readonly<Record<string, string>> = {},
  checkout = root,
  runner: Runner = "node",
): Promise<Stack> {
  const port = await freePort();
  const given = ["--port", String(port), ...args];
  const { child, ended, output } = run(given, settings, checkout, runner);
  const ready = new Promise<"ready">((resolve) => {
    child.stdout.on("data", () => {
      if (output().includes("is ready on")) resolve("ready");
    });
  });
  // Asked, not killed: what it started is its own to end.
  const timer = setTimeout(() => child.kill("SIGTERM"), startWithinMs);
  const first = await Promise.race([ready, ended]);
  clearTimeout(timer);
  const { pid } = child;
  if (first !== "ready" || pid === undefined) {
    throw new Error(`npm start ended: ${(await ended).output}`);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    pid,
    output,
    groups: groupsBelow(pid),
    ended,
    async stop(signal = "SIGINT") {
      child.kill(signal);
      const { code } = await ended;
      // Whatever a suite was about: all that was told of its requests is of the schema, and told once.
      eventsIn(output());
      return code;
    },
    hangUp() {
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

/** Every process of this machine at this moment, dead ones nobody has asked after left out. */
export function processes(): readonly Process[] {
  return execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat=,args="], { encoding: "utf8" })
    .split("\n")
    .flatMap((line) => {
      const [, pid, parent, group, state = "", command = ""] =
        /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      if (pid === undefined || state.startsWith("Z")) return [];
      return [{ pid: Number(pid), parent: Number(parent), group: Number(group), command }];
    });
}

/** Those that are left of these process groups. */
export function membersOf(groups: readonly number[]): readonly Process[] {
  return processes().filter(({ group }) => groups.includes(group));
}

function groupsBelow(pid: number): readonly number[] {
  const all = processes();
  const groups = new Set<number>();
  const own = all.find((each) => each.pid === pid)?.group;
  const walk = (parent: number): void => {
    for (const each of all.filter((one) => one.parent === parent)) {
      if (each.group !== own) groups.add(each.group);
      walk(each.pid);
    }
  };
  walk(pid);
  return [...groups];
}

/** Posts JSON and reads JSON, which must be what the OpenAPI document allows. */
export async function ask<T>(url: string, path: string, body: object): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await (await described("POST", `${url}${path}`, response)).json()) as T;
}
