// However `npm start` ends, nothing of it is left: no process, no folder with secrets.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { membersOf, runToEnd, startStack, type Runner, type Stack } from "../support/stack.ts";

const patience = { timeout: 20_000, interval: 100 };

let temporary: string;
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), "leftovers-"));
});
afterAll(() => rmSync(temporary, { recursive: true }));

/** npm keeps a folder of its own there. */
function ownFolders(): string[] {
  return readdirSync(temporary).filter((name) => name.startsWith("themerank-"));
}

/** With the embedded origin: two children, each with children of its own. */
async function started(runner: Runner = "node"): Promise<Stack> {
  const settings = { TMPDIR: temporary, ORIGIN_API_KEY: "a-secret" };
  const stack = await startStack([], settings, undefined, runner);
  expect(ownFolders()).toHaveLength(1);
  expect(stack.groups).toHaveLength(2);
  return stack;
}

async function assertNothingLeft({ groups }: Stack): Promise<void> {
  await expect.poll(() => membersOf(groups), patience).toEqual([]);
  // The leash of the gateway takes the folder away before it ends.
  expect(ownFolders()).toEqual([]);
}

describe("npm start leaves nothing behind", () => {
  it("when it is killed", async () => {
    const stack = await started();
    process.kill(stack.pid, "SIGKILL");
    await stack.ended;
    await assertNothingLeft(stack);
  });

  it("when its reader goes away, as with `npm start | head`: an orderly end", async () => {
    const stack = await started();
    stack.hangUp();
    // The event of this request is the line that nobody reads. It may be printed, and end the stack,
    // before the answer is out: what becomes of the answer is not promised here.
    await fetch(`${stack.url}/healthz`).catch(() => null);
    const { code } = await stack.ended;
    expect(code).toBe(0);
    await assertNothingLeft(stack);
  });

  it.each(["SIGTERM", "SIGHUP"] as const)("on %s", async (signal) => {
    const stack = await started();
    expect(await stack.stop(signal)).toBe(0);
    await assertNothingLeft(stack);
  });

  it("when npm, which ran it, is told to end and passes nothing on", async () => {
    const stack = await started("npm");
    process.kill(stack.pid, "SIGTERM");
    await assertNothingLeft(stack);
    await stack.ended;
  });

  it("on Ctrl-C pressed twice", async () => {
    const stack = await started();
    const [code] = await Promise.all([stack.stop("SIGINT"), stack.stop("SIGINT")]);
    expect(code).toBe(0);
    await assertNothingLeft(stack);
  });

  it("when a setting is wrong", async () => {
    const { code } = await runToEnd(["--port", "70000"], { TMPDIR: temporary });
    expect(code).toBe(1);
    expect(ownFolders()).toEqual([]);
  });
});
