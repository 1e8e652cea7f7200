// A process of the stack: started, watched, ended.
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

/** A child that does not end when asked is ended after this. */
const graceMs = 5_000;

export interface Child {
  readonly pid: number | undefined;
  /** Resolves with a word for how it ended. */
  readonly ended: Promise<string>;
  /** The first line, of standard output or error, that matches; null when it ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray | null>;
  stop(): Promise<void>;
}

/** @param onLine hears every line it prints */
export function startChild(
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
): Child {
  // A group of its own: Ctrl-C reaches the stack alone, which then ends its children in order.
  const child: ChildProcess = spawn(process.execPath, [script, ...args], {
    env,
    detached: process.platform !== "win32",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const listeners = new Set<(line: string) => void>([onLine]);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      for (const listener of listeners) listener(line);
    });
  }
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  child.once("error", (error) => resolve(error.message));
  child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  let over = false;
  void ended.then(() => (over = true));

  const signal = (name: NodeJS.Signals) => {
    if (over || child.pid === undefined) return;
    try {
      process.kill(process.platform === "win32" ? child.pid : -child.pid, name);
    } catch {
      // It ended in between.
    }
  };

  return {
    pid: child.pid,
    ended,
    line(pattern) {
      const { promise, resolve: found } = Promise.withResolvers<RegExpExecArray | null>();
      listeners.add((line) => {
        const match = pattern.exec(line);
        if (match !== null) found(match);
      });
      return Promise.race([promise, ended.then(() => null)]);
    },
    async stop() {
      signal("SIGTERM");
      const timer = setTimeout(() => signal("SIGKILL"), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}
