// A process of the stack: started on a leash, watched, ended.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

const leash = fileURLToPath(new URL("leash.ts", import.meta.url));
/** A leash that does not end its child is ended with it after this: more than it gives the child. */
const graceMs = 7_000;
const keptLines = 20;
/** What Node and wrangler begin an error with. */
const anError = /^(?:Uncaught )?\w*Error(?: \[\w+\])?: |\[ERROR\] (?!Build failed)/;
/** Where, as wrangler tells it in the lines below. */
const aPlace = /^\s+\S+:\d+:\d+:$/;

export interface Child {
  /** Also the process group's id. */
  readonly pid: number | undefined;
  /** Resolves with a word for how it ended. */
  readonly ended: Promise<string>;
  /** The first line, of standard output or error, that matches; null when it ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray | null>;
  /** Of its last lines the first that names an error, and where; else all of them. */
  complaint(): string;
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Hears every line it prints, without colours. */
  readonly onLine?: (line: string) => void;
  /** A folder to remove when this process dies before the child. */
  readonly folder?: string;
}

/** Starts a script under this Node. */
export function startChild(
  script: string,
  args: readonly string[],
  { env = process.env, onLine = () => {}, folder = "" }: ChildOptions = {},
): Child {
  // A group of its own: Ctrl-C reaches the stack alone, which then ends its children in order.
  const child = spawn(process.execPath, [leash, folder, script, ...args], {
    env,
    detached: process.platform !== "win32",
    stdio: ["pipe", "pipe", "pipe"],
  });
  const last: string[] = [];
  const listeners = new Set<(line: string) => void>([onLine]);
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on("line", (printed) => {
      const line = stripVTControlCharacters(printed);
      last.push(line);
      if (last.length > keptLines) last.shift();
      for (const listener of listeners) listener(line);
    });
  }
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  const endGroup = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
    } catch {
      // Nothing of it is left.
    }
  };
  child.once("error", (error) => resolve(error.message));
  // Nothing is written to it: it tells by its end alone.
  child.stdin.on("error", () => {});
  // What the child left behind would hold its pipes open.
  child.once("exit", endGroup);
  child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));

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
    complaint() {
      const at = last.findIndex((line) => anError.test(line));
      if (at === -1) return last.join("\n").trim();
      const what = (last[at] ?? "").replace(/^.*\[ERROR\] /, "");
      const next = last.slice(at + 1).find((line) => line.trim() !== "") ?? "";
      if (what.endsWith(":")) return `${what} ${next.trim().replace(/^- /, "")}`;
      return aPlace.test(next) ? `${what} (${next.trim().slice(0, -1)})` : what;
    },
    async stop() {
      child.stdin.end();
      const timer = setTimeout(endGroup, graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}
