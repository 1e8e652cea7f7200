// A child of the stack and its leash: what it says is heard, and nothing of it is left.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { startChild, type Child } from "../../gateway/start/child.ts";
import { membersOf } from "../support/stack.ts";

const leash = fileURLToPath(new URL("../../gateway/start/leash.ts", import.meta.url));
const patience = { timeout: 10_000, interval: 50 };

/** A child whose script is this code. */
const childThat = (code: string, onLine?: (line: string) => void): Child =>
  startChild("-e", [code], onLine && { onLine });

const stays = "setInterval(() => {}, 1e6); console.log('here');";
const saysBye = "process.once('SIGTERM', () => { console.log('bye'); process.exit(7); });";
/** A process of its own, deaf, as the ones that wrangler starts might be. */
const hasAChild = `
  const { spawn } = require('node:child_process');
  const code = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log('here')";
  spawn(process.execPath, ['-e', code], { stdio: 'inherit' });`;

const groupOf = ({ pid = Number.NaN }: Child): readonly number[] => [pid];

describe("a child", () => {
  it("is heard on both of its outputs, without colours", async () => {
    const lines: string[] = [];
    const child = childThat(
      String.raw`console.log('\x1b[31mred\x1b[0m'); console.error('blue')`,
      (line) => lines.push(line),
    );
    await child.ended;
    expect(lines.toSorted()).toEqual(["blue", "red"]);
  });

  it("is waited for until it says a line, or ends without", async () => {
    const child = childThat("console.log('port 17'); console.log('port 18')");
    expect((await child.line(/port (\d+)/))?.[1]).toBe("17");
    expect(await child.line(/never/)).toBe(null);
  });

  it.each([
    ["process.exit(3)", "exit code 3"],
    ["process.kill(process.pid, 'SIGKILL')", "exit code 137"],
  ])("passes on how it ended: %s", async (code, how) => {
    expect(await childThat(code).ended).toBe(how);
  });

  it("that ends leaves nothing behind", async () => {
    const child = childThat(`${hasAChild} process.exit()`);
    expect(await child.ended).toBe("exit code 0");
    await expect.poll(() => membersOf(groupOf(child)), patience).toEqual([]);
  });
});

describe("what a child says of its end", () => {
  const complaintOf = async (code: string) => {
    const child = childThat(code);
    await child.ended;
    return child.complaint();
  };

  it("is the line that names the error, not the last one", async () => {
    expect(await complaintOf("throw new TypeError('no such thing')")).toBe(
      "TypeError: no such thing",
    );
    expect(await complaintOf("import('/nowhere/a.json')")).toMatch(
      /^Error \[ERR_MODULE_NOT_FOUND\]: Cannot find module '\/nowhere\/a\.json'/,
    );
  });

  it("is the cause of a failed build, and where", async () => {
    const lines = [
      "✘ [ERROR] Build failed with 1 error:",
      "",
      '  ✘ [ERROR] Could not resolve "zod"',
      "",
      "      gateway/config.ts:2:18:",
      "  2 │ import",
    ];
    expect(await complaintOf(`console.error(${JSON.stringify(lines.join("\n"))})`)).toBe(
      'Could not resolve "zod" (gateway/config.ts:2:18)',
    );
  });

  it("is all that it said last, when nothing of it names an error", async () => {
    expect(await complaintOf("console.log('one'); console.log('two')")).toBe("one\ntwo");
    const many = "for (let i = 1; i <= 25; i += 1) console.log(i)";
    expect((await complaintOf(many)).split("\n")).toHaveLength(20);
  });
});

describe("a child that is stopped", () => {
  it("ends in its own order", async () => {
    const lines: string[] = [];
    const child = childThat(saysBye + stays, (line) => lines.push(line));
    await child.line(/here/);
    await child.stop();
    expect(lines).toEqual(["here", "bye"]);
    expect(membersOf(groupOf(child))).toEqual([]);
  });

  it("ends with all that it started, deaf or not", async () => {
    const child = childThat(hasAChild);
    await child.line(/here/);
    expect(membersOf(groupOf(child))).toHaveLength(3);
    await child.stop();
    await expect.poll(() => membersOf(groupOf(child)), patience).toEqual([]);
  });

  it("may be stopped twice, and after its end", async () => {
    const child = childThat(stays);
    await Promise.all([child.stop(), child.stop()]);
    await child.stop();
    expect(membersOf(groupOf(child))).toEqual([]);
  });
});

describe("a leash", () => {
  /** The leash by itself, its standard input in the test's hand. */
  async function leashed(code: string) {
    const folder = mkdtempSync(join(tmpdir(), "leash-"));
    writeFileSync(join(folder, "settings.env"), "A=secret");
    const child = spawn(process.execPath, [leash, folder, "-e", code], {
      detached: true,
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    const group = [child.pid ?? Number.NaN];
    return { child, folder, ended: once(child, "close"), left: () => membersOf(group) };
  }

  it.each([
    ["a child that ends when asked", saysBye + stays],
    ["a deaf one", `process.on('SIGTERM', () => {}); ${stays}`],
    ["one with a child of its own", hasAChild],
  ])("whose holder is gone ends %s, and takes the folder away", async (_, code) => {
    const { child, folder, ended, left } = await leashed(code);
    child.stdin.destroy();
    await ended;
    expect(existsSync(folder)).toBe(false);
    await expect.poll(left, patience).toEqual([]);
  });

  it("passes a signal on to the child, and its exit code back", async () => {
    const child = childThat(saysBye + stays);
    await child.line(/here/);
    process.kill(child.pid ?? Number.NaN, "SIGTERM");
    expect(await child.ended).toBe("exit code 7");
  });

  it("that is torn ends the child", async () => {
    const child = childThat(stays);
    await child.line(/here/);
    process.kill(child.pid ?? Number.NaN, "SIGKILL");
    expect(await child.ended).toBe("SIGKILL");
    await expect.poll(() => membersOf(groupOf(child)), patience).toEqual([]);
  });
});
