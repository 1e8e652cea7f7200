// `npm run eval` as a person runs it.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readRecord } from "./record.ts";
import { fakeGateway, type FakeGateway } from "./support/fake-gateway.ts";

let folder: string;
let gateway: FakeGateway;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "eval-"));
  gateway = await fakeGateway((_, themes) =>
    themes.map((__, index) => ({ score: index, confidence: 0.5 })),
  );
});

afterEach(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

function run(...args: string[]) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const command = ["test/eval/main.ts", "--url", gateway.url, "--limit", "6", ...args];
    execFile(process.execPath, command, (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err });
    });
  });
}

test("prints a table a set with floors, writes the run, and a run read back prints the same", async () => {
  const file = path.join(folder, "run.json");
  const { code, out } = await run("--key", "tr_secret", "--json", file);
  expect(code).toBe(0);
  for (const word of ["emotions: 6 texts, 27 themes", "papers: 6 texts", "nDCG@5", "| random |"]) {
    expect(out).toContain(word);
  }
  expect(readRecord(file).sets.map(({ rows }) => rows.length)).toEqual([6, 6]);
  expect(readFileSync(file, "utf8")).not.toContain("tr_secret");
  gateway.asked.length = 0;
  const again = await run("--from", file, "--against", file, "--calibration");
  expect(again.code).toBe(0);
  expect(gateway.asked).toHaveLength(0);
  expect(again.out.split("against")[0]).toBe(out.split("model fake")[0]?.concat("themerank "));
  expect(again.out).toContain("| nDCG@5 | .000 [.00, .00] | no difference |");
  expect(again.out).toContain("Brier");
});

test("agreement asks the ranker again, and finds one that goes by place", async () => {
  const { code, out } = await run("--agreement");
  expect(code).toBe(0);
  expect(gateway.asked).toHaveLength(5 * 12);
  expect(out).toMatch(/\| itself repeated \| 1\.000/);
  expect(out).toMatch(/\| shuffled 1 \| -?\.\d/);
  expect(out).toMatch(/\| chance \|/);
});

test("some texts not ranked: the rest is told, those are named, and the exit code is 1", async () => {
  const sound = gateway.score;
  gateway.score = (text, themes) => (gateway.asked.length === 5 ? 422 : sound(text, themes));
  const { code, out, err } = await run();
  expect(code).toBe(1);
  expect(err).toMatch(/not ranked: emotions goemotions-\w+: .*status 422/);
  expect(out).toContain("emotions: 5 texts");
});

test.for([
  [["--api", "unheard-of"], "--api: one of themerank"],
  [["--data", "/nowhere"], "/nowhere: there is no such folder"],
  [["--against", "/nowhere.json"], "/nowhere.json"],
  [["--limit", "none"], "--limit: a whole number"],
  [["--colour"], "--colour"],
  [["--url", "http://127.0.0.1:9"], "http://127.0.0.1:9/v1/rank"],
] as const)("cannot be used: %j", async ([args, said]) => {
  const { code, out, err } = await run(...args);
  expect(code).toBe(2);
  expect(err).toContain(said);
  expect(err).not.toContain("    at ");
  expect(out).toBe("");
});
