#!/usr/bin/env node
// `themerank`: the command's place in a shell.
import { exitCode } from "./exit-code.ts";
import { run } from "./run.ts";

const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort());
// `| head` reads no more: there is nobody left to print for.
process.stdout.on("error", () => process.exit(exitCode.ok));

process.exitCode = await run({
  args: process.argv.slice(2),
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupt.signal,
});
// Else a pipe that stays open keeps the process.
process.stdin.destroy();
