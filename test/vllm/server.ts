// A real vLLM on loopback, started as on the GPU machine, with the faults a test wants to see.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../support/ports.ts";
import { preparedEnvironment, type Environment, type Log } from "./environment.ts";

const entrypoint = fileURLToPath(new URL("../../gpu-origin/entrypoint.sh", import.meta.url));
const readyWithinMs = 300_000;
const progressEveryMs = 5_000;
/** Longer than the --shutdown-timeout that the entrypoint gives vLLM to finish what it works on. */
const stopGraceMs = 40_000;
/** "0" to "9" in the vocabularies of Llama 3 and Qwen 2.5. */
export const digitTokenIds = [15, 16, 17, 18, 19, 20, 21, 22, 23, 24] as const;

/**
 * Leads the server's process group and outlives nobody: the group ends with the server, and it ends when standard
 * input closes, which the kernel does when the test process goes, however it goes. A group's id is not given out
 * again while a member lives, so nobody else is hit.
 */
const guard = `
exec 4<&0
"$@" 3>&- 4<&- </dev/null &
server=$!
echo "$server" >&3
exec 3>&-
{ cat >/dev/null; kill -KILL 0; } <&4 &
wait "$server"
echo "guard: the server ended with $?"
kill -KILL 0
`;

/** What the entrypoint and the container's health check keep of the server at `port`. */
export const runFolder = (port: number): string => path.join(tmpdir(), `vllm-${port}`);

export interface VllmOptions {
  /** A name under gpu-origin/presets/. */
  readonly preset: string;
  /** Default: any free one. */
  readonly port?: number;
  readonly apiKey: string;
  /** Further flags of `vllm serve`; they win over the preset's. */
  readonly extraFlags?: readonly string[];
  /** Gets a line every few seconds while the server loads; default: prints it. */
  readonly log?: Log;
  /** Default: the one that `prepareEnvironment` left. */
  readonly environment?: Environment;
}

export interface Vllm {
  /** `http://127.0.0.1:PORT/v1` */
  readonly url: string;
  readonly port: number;
  readonly apiKey: string;
  /** The API server's. Another one after `restart`. */
  readonly pid: number;
  /** The engines', which compute. */
  readonly enginePids: readonly number[];
  metrics(): Promise<Map<string, number>>;
  /** All it printed since it was last started. */
  log(): string;
  /** SIGTERM, as an orchestrator stops it; SIGKILL when it takes too long. Nothing of it is left. */
  stop(): Promise<void>;
  /** SIGKILL to all its processes at once. */
  kill(): Promise<void>;
  /** SIGSTOP: connections are accepted and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Ends it if it runs, starts it at the same port and waits until it ranks again. */
  restart(): Promise<void>;
}

interface Running {
  readonly leader: ChildProcess;
  readonly group: number;
  readonly pid: number;
  readonly ended: Promise<unknown>;
}

/**
 * Starts `vllm serve` through gpu-origin/entrypoint.sh and waits until a ranking is answered: /health says 200 even
 * for an engine that hangs.
 */
export async function startVllm(options: VllmOptions): Promise<Vllm> {
  const { preset, apiKey, extraFlags = [], log = console.log } = options;
  const port = options.port ?? (await freePort());
  const environment = options.environment ?? preparedEnvironment();
  const logs = path.join(environment.modelPath, "../logs");
  mkdirSync(logs, { recursive: true });
  const logFile = path.join(logs, `vllm-${port}.log`);
  let running: Running | null = null;

  const launch = async () => {
    const output = openSync(logFile, "w");
    const { HOME, TMPDIR, LANG } = process.env;
    const leader = spawn("sh", ["-c", guard, "guard", "sh", entrypoint, preset, ...extraFlags], {
      detached: true,
      env: {
        ...(HOME !== undefined && { HOME }),
        ...(TMPDIR !== undefined && { TMPDIR }),
        ...(LANG !== undefined && { LANG }),
        ...environment.variables,
        PATH: environment.path,
        MODEL_PATH: environment.modelPath,
        HOST: "127.0.0.1",
        PORT: String(port),
        VLLM_API_KEY: apiKey,
        RUN_DIR: runFolder(port),
      },
      stdio: ["pipe", output, output, "pipe"],
    });
    closeSync(output);
    const ended = once(leader, "exit");
    const [line] = (await once(leader.stdio[3] as Readable, "data")) as [Buffer];
    const started = { leader, group: leader.pid ?? 0, pid: Number(line.toString()), ended };
    running = started;
    try {
      await untilReady(started);
    } catch (error) {
      await end(started);
      throw error;
    }
  };

  const untilReady = async ({ leader }: Running) => {
    const startedMs = Date.now();
    let progressMs = startedMs;
    while (!(await ranks(port, apiKey))) {
      const seconds = ((Date.now() - startedMs) / 1000).toFixed(0);
      if (leader.exitCode !== null || leader.signalCode !== null) {
        throw new Error(`vLLM ended while starting:\n${tail(logFile)}`);
      }
      if (Date.now() - startedMs > readyWithinMs) {
        throw new Error(`vLLM does not rank after ${seconds} s:\n${tail(logFile)}`);
      }
      if (Date.now() - progressMs >= progressEveryMs) {
        progressMs = Date.now();
        log(`vllm: starting on port ${port} ... ${seconds} s`);
      }
      await pause(500);
    }
    log(`vllm: ranks on port ${port} after ${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
  };

  /** SIGKILL to the group; resolves when none of it is left. */
  const end = async (it: Running) => {
    if (membersOf(it.group).length > 0) signal(-it.group, "SIGKILL");
    await it.ended;
    while (membersOf(it.group).length > 0) await pause(20);
    it.leader.stdin?.destroy();
    if (running === it) running = null;
  };

  const current = (): Running => {
    if (running === null) throw new Error("vLLM does not run");
    return running;
  };

  const vllm: Vllm = {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    apiKey,
    get pid() {
      return current().pid;
    },
    get enginePids() {
      return membersOf(current().group).filter((pid) => nameOf(pid).includes("EngineCore"));
    },
    metrics: () => readMetrics(port),
    log: () => readFileSync(logFile, "utf8"),
    async stop() {
      if (running === null) return;
      const it: Running = running;
      signal(it.pid, "SIGCONT"); // a frozen process gets no SIGTERM
      signal(it.pid, "SIGTERM");
      await Promise.race([it.ended, pause(stopGraceMs, null, { ref: false })]);
      await end(it);
    },
    async kill() {
      if (running !== null) await end(running);
    },
    freeze: () => signal(current().pid, "SIGSTOP"),
    thaw: () => signal(current().pid, "SIGCONT"),
    async restart() {
      await vllm.kill();
      await launch();
    },
  };
  await launch();
  return vllm;
}

/** Samples of /metrics, summed over their labels: `vllm:num_requests_running` -> 0. */
export async function readMetrics(port: number): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const samples = new Map<string, number>();
  for (const line of (await response.text()).split("\n")) {
    const [, name, value] = /^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)$/.exec(line) ?? [];
    if (name !== undefined) samples.set(name, (samples.get(name) ?? 0) + Number(value));
  }
  return samples;
}

/** Whether one theme is rated now. */
async function ranks(port: number, apiKey: string): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({
        model: "theme-ranker",
        prompt: ["Rate from 0 to 9 how much this is about money: I am in debt. Rating: "],
        max_tokens: 1,
        temperature: 0,
        logprobs: digitTokenIds.length,
        logprob_token_ids: digitTokenIds,
      }),
      signal: AbortSignal.timeout(10_000),
    });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** The processes of a group that still run; a zombie no longer does. */
function membersOf(group: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      // pid (name) state parent group ...; the name may hold anything
      const [state, , processGroup] = read(`/proc/${pid}/stat`)
        .replace(/^.*\) /s, "")
        .split(" ");
      return Number(processGroup) === group && state !== "Z";
    })
    .map(Number);
}

const nameOf = (pid: number) => read(`/proc/${pid}/cmdline`);

/** Empty when the process is gone. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const tail = (file: string) => read(file).trim().split("\n").slice(-25).join("\n");
