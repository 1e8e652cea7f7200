// What a check of the infra suite is.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Tool } from "./tools.ts";

/**
 * One line of the suite's report. It passes when `run` resolves and fails when it throws. A check whose tool cannot be
 * had is listed as not run, never as passed; so is one that throws `NotRun`.
 */
export interface Check {
  /** A guarantee in plain words. */
  readonly name: string;
  /** On the PATH, in this order of preference, while it runs. */
  readonly needs: readonly Tool[];
  run(): Promise<void>;
}

/** Something beside the tools is missing on this machine; the message says what. */
export class NotRun extends Error {
  override readonly name = "NotRun";
}

const run = promisify(execFile);

export interface Ran {
  readonly status: number;
  /** Standard output, then standard error. */
  readonly output: string;
  readonly stdout: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** The command's whole environment; this process's by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** How long it may take, 5 unless told otherwise. */
  readonly minutes?: number;
}

/** Runs a command to its end; any status is an answer. */
export async function ran(
  command: string,
  args: readonly string[],
  { minutes = 5, ...options }: RunOptions = {},
): Promise<Ran> {
  const limits = { timeout: minutes * 60_000, maxBuffer: 64 * 1024 * 1024 };
  try {
    const { stdout, stderr } = await run(command, [...args], { ...limits, ...options });
    return { status: 0, output: stdout + stderr, stdout };
  } catch (error) {
    const { code, stdout = "", stderr = "", message } = error as FailedCommand;
    if (typeof code !== "number") throw new Error(`${command}: ${message}`, { cause: error });
    return { status: code, output: stdout + stderr, stdout };
  }
}

interface FailedCommand {
  readonly code?: number | string | null;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly message: string;
}

/** Runs a command that must succeed. @throws Error with the last lines it printed */
export async function must(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { status, output, stdout } = await ran(command, args, options);
  if (status === 0) return stdout;
  const tail = output.trim().split("\n").slice(-40).join("\n");
  throw new Error(`${command} ${args.join(" ")} ended with ${status}\n${tail}`);
}
