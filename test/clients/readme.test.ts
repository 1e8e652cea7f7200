// The README's snippets for other vendors' clients, as they stand there, against the real `npm start`.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startStack, type Stack } from "../support/stack.ts";
import { python } from "./environment.ts";

const run = promisify(execFile);
const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const section =
  readme.split("\n## ").find((part) => part.startsWith("Use the client you have")) ?? "";

/** The first block of a language in the section. */
function block(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(section) ?? [];
  return code ?? expect.fail(`no ${language} in the section`);
}

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.stop());

/** A snippet speaks of the port that `npm start` has by itself. */
const here = (code: string) => code.replaceAll("http://localhost:8787", stack.url);

describe("the README's snippet", () => {
  it("in Python prints what the README says", async () => {
    const { stdout } = await run(python, ["-c", here(block("python"))]);
    expect(stdout).toBe(block("text"));
  });

  it("with curl prints what the README says", async () => {
    const { stdout } = await run("bash", ["-c", here(block("sh"))]);
    const printed = JSON.parse(block("json")) as { index: number; score: number }[];
    // The last digit may be another machine's.
    const expected = printed.map(({ index, score }) => ({
      index,
      score: expect.closeTo(score, 2),
    }));
    expect(JSON.parse(stdout)).toEqual(expected);
  });
});
