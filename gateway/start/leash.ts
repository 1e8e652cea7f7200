// A child's leash: `node leash.ts FOLDER SCRIPT [ARG…]` runs the script and ends it, with all that it
// started, when its own standard input closes: the stack asked for it, or died in whatever way.
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { constants } from "node:os";

/** A child that does not end when asked is ended after this. */
const graceMs = 5_000;

/** The folder goes when the stack is gone; "" = none. */
const [folder = "", ...command] = process.argv.slice(2);
let released = false;
let over = false;

// First of all: a signal that comes while the child starts must not end the leash alone.
const askToEnd = () => child.kill("SIGTERM");
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, askToEnd);

const child = spawn(process.execPath, command, { stdio: ["ignore", "inherit", "inherit"] });
child.once("exit", (code, signal) => {
  over = true;
  if (released) endAll();
  else process.exit(code ?? 128 + constants.signals[signal ?? "SIGKILL"]);
});

process.stdin.resume();
// The end of the pipe, and an error of it, close it.
process.stdin.on("error", () => {});
process.stdin.once("close", () => {
  released = true;
  if (over) return endAll();
  askToEnd();
  setTimeout(endAll, graceMs);
});

/** The last act: the group, led by this process, is gone after it. */
function endAll(): void {
  try {
    if (folder !== "") rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  } finally {
    if (process.platform === "win32") child.kill("SIGKILL");
    else process.kill(-process.pid, "SIGKILL");
  }
  process.exit();
}
