// Starts the load as a process of its own, and waits for what came of it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text as readAll } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Loaded, Task } from "./load.ts";
import { peersFolder } from "./peers.ts";

const script = fileURLToPath(new URL("load.ts", import.meta.url));

export async function load(task: Task): Promise<Loaded> {
  const child = spawn(process.execPath, [script, peersFolder], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(task));
  const [printed] = await Promise.all([readAll(child.stdout), once(child, "exit")]);
  return JSON.parse(printed) as Loaded;
}
