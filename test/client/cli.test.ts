// The command: what it prints, what its exit codes say, and that no text steers the terminal.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RankAnswer } from "../../gateway/client/api.ts";
import { inOrder } from "../../gateway/client/cli/in-order.ts";
import { run } from "../../gateway/client/cli/run.ts";
import { collected } from "../support/collected.ts";
import {
  event,
  FakeGateway,
  problemAnswer,
  ranking,
  streamAnswer,
  summaryOf,
} from "../support/fake-gateway.ts";
import { jsonAnswer } from "../support/fault.ts";
import { freePort } from "../support/ports.ts";

const gateway = new FakeGateway();
const folder = mkdtempSync(join(tmpdir(), "themerank-cli-"));
const themes = join(folder, "themes.json");

beforeAll(async () => {
  await gateway.start();
  writeFileSync(themes, JSON.stringify(["Money", { id: "sleep", label: "Sleep" }]));
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  gateway.reset();
  gateway.answers = [() => jsonAnswer(200, ranking())];
});

interface Shown {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Surroundings {
  readonly env?: Record<string, string>;
  readonly stdin?: string;
  readonly tty?: boolean;
  readonly signal?: AbortSignal;
}

async function themerank(args: readonly string[], around: Surroundings = {}): Promise<Shown> {
  let [out, err] = ["", ""];
  const { env = {}, stdin = "", tty = false } = around;
  const code = await run({
    args,
    env: { THEMERANK_URL: gateway.baseUrl, ...env },
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout: { isTTY: tty, columns: 60, write: (text) => ((out += text), true) },
    stderr: { isTTY: tty, columns: 60, write: (text) => ((err += text), true) },
    signal: around.signal ?? new AbortController().signal,
  });
  return { code, out, err };
}

describe("one text", () => {
  it("is shown as ranked bars; where the scores come from goes to stderr", async () => {
    expect(await themerank(["The rent is late.", "--themes", themes])).toEqual({
      code: 0,
      out: `1 Money ${"█".repeat(40)}▌      90.0\n2 Sleep ${"█".repeat(36)}           80.0\n`,
      err: "origin (a-model), cache miss, 9 ms, req_1\n",
    });
    expect(gateway.requests[0]?.body).toEqual({
      text: "The rent is late.",
      themes: ["Money", { id: "sleep", label: "Sleep" }],
    });
  });

  it("comes from stdin by -, and is ranked by the catalogue life unless told otherwise", async () => {
    const args = ["-", "--top", "3", "--min-score", "10"];
    expect((await themerank(args, { stdin: "From a pipe: é." })).code).toBe(0);
    expect(gateway.requests[0]?.body).toEqual({
      text: "From a pipe: é.",
      catalog: "life",
      top_k: 3,
      min_score: 10,
    });
  });

  it("is JSON on one line by --json, and nothing else on stdout", async () => {
    const { out } = await themerank(["The rent.", "--json"]);
    expect(out).toBe(`${JSON.stringify(ranking())}\n`);
  });

  it("has its summary by --summary", async () => {
    gateway.answers = [() => jsonAnswer(200, { ...ranking(), summary: summaryOf("Rent.") })];
    const { out } = await themerank(["The rent.", "--summary"]);
    expect(out).toMatch(/80\.0\n\nRent\.\n$/);
    expect(gateway.requests[0]?.path).toBe("/v1/analyze");
  });

  it("says why it is degraded", async () => {
    const degraded = { ...ranking(), source: "gemini", degraded: true, reason: "origin_timeout" };
    gateway.answers = [() => jsonAnswer(200, degraded)];
    expect((await themerank(["The rent."])).err).toContain("degraded: origin_timeout");
  });

  it("is coloured on a terminal alone, and not where NO_COLOR is set", async () => {
    const escape = "\u001B[36m";
    expect((await themerank(["a"], { tty: true })).out).toContain(escape);
    expect((await themerank(["a"])).out).not.toContain("\u001B");
    const plain = await themerank(["a"], { tty: true, env: { NO_COLOR: "1" } });
    expect(plain.out).not.toContain("\u001B");
  });
});

describe("a stream", () => {
  const begun = [event("ranking", ranking()), event("summary.delta", { text: "Rent" })];
  const end = event("done", { usage: ranking().usage, processing_time_ms: 3 });

  it("shows the ranking, then the summary as it comes, once", async () => {
    const more = [
      event("summary.delta", { text: " rose." }),
      event("summary", summaryOf("Rent rose.")),
    ];
    gateway.answers = [() => streamAnswer([...begun, ...more, end])];
    const { code, out } = await themerank(["The rent.", "--stream"]);
    expect([code, out.split("\n").slice(2)]).toEqual([0, ["", "Rent rose.", ""]]);
  });

  it("shows a summary that another summarizer wrote as a new one", async () => {
    gateway.answers = [() => streamAnswer([...begun, event("summary", summaryOf("Else.")), end])];
    const { out } = await themerank(["The rent.", "--stream"]);
    expect(out).toMatch(/Rent\n\nWritten anew: Else\.\n$/);
  });

  it("that is cut off ends with 3, after what came", async () => {
    gateway.answers = [() => streamAnswer(begun)];
    const { code, out, err } = await themerank(["The rent.", "--stream"]);
    expect([code, err]).toEqual([
      3,
      "themerank: Interrupted: The stream ended before its `done`.\n",
    ]);
    expect(out).toContain("90.0");
  });
});

describe("exit codes", () => {
  it.each([
    ["no text", []],
    ["two texts", ["a", "b"]],
    ["a flag that is none", ["a", "--colour"]],
    ["a flag without its value", ["a", "--themes"]],
    ["a number that is none", ["a", "--top", "many"]],
    ["a number out of range", ["a", "--concurrency", "33"]],
    ["a URL that is none", ["a", "--url", "localhost:8787"]],
    ["themes and a catalogue", ["a", "--themes", "x", "--catalog", "y"]],
    ["a text and a file of texts", ["a", "--jsonl", "x"]],
    ["a stream as JSON", ["a", "--stream", "--json"]],
    ["a themes file that is not there", ["a", "--themes", join(folder, "none.json")]],
    ["a file of texts that is not there", ["--jsonl", join(folder, "none.jsonl")]],
  ])("2 for %s, without a request", async (_, args) => {
    const { code, out, err } = await themerank(args);
    expect([code, out, err]).toEqual([2, "", expect.stringMatching(/^themerank: .+\n$/)]);
    expect(gateway.requests).toEqual([]);
  });

  it.each([
    ["no JSON", "{"],
    ["no array", '{"themes": []}'],
  ])("2 for a themes file that is %s", async (_, content) => {
    const file = join(folder, "bad.json");
    writeFileSync(file, content);
    expect((await themerank(["a", "--themes", file])).code).toBe(2);
  });

  it("2 for what the service refuses as input, with every field it names", async () => {
    const errors = [{ pointer: "/themes/1/weight", detail: "is not a known field" }];
    gateway.answers = [() => problemAnswer(422, { errors })];
    const { code, err } = await themerank(["a"]);
    expect([code, err]).toEqual([
      2,
      "themerank: A problem: What it is. (req_1)\n  /themes/1/weight is not a known field\n",
    ]);
  });

  it.each([
    [4, 401],
    [4, 403],
    [5, 500],
    [5, 504],
  ])("%i for a %i", async (code, status) => {
    gateway.answers = [() => problemAnswer(status)];
    expect((await themerank(["a"])).code).toBe(code);
  });

  it("3 where nobody answers", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect(await themerank(["a", "--url", url])).toMatchObject({
      code: 3,
      err: expect.stringContaining("Not reachable"),
    });
  });

  it("130 when the user interrupts", async () => {
    expect((await themerank(["a"], { signal: AbortSignal.abort() })).code).toBe(130);
  });
});

describe("the key", () => {
  it("comes from THEMERANK_API_KEY or --key", async () => {
    await themerank(["a"], { env: { THEMERANK_API_KEY: "tr_env" } });
    await themerank(["a", "--key", "tr_flag"], { env: { THEMERANK_API_KEY: "tr_env" } });
    expect(gateway.requests.map(({ headers }) => headers["authorization"])).toEqual([
      "Bearer tr_env",
      "Bearer tr_flag",
    ]);
  });

  it.each([
    [["a", "--key", "tr_secret", "--oops"]],
    [["a", "tr_secret"]],
    [["a", "--key=tr_secret", "--top", "x"]],
    [["a", "--ke=tr_secret"]],
    [["a", "--json=tr_secret"]],
  ])("is never printed: %j", async (args) => {
    const { code, out, err } = await themerank(args);
    expect(code).toBe(2);
    expect(out + err).not.toContain("tr_secret");
  });
});

describe("a terminal", () => {
  const evil = "\u001B]0;owned\u0007\u001B[2J\u009B31m\u202Egnp.exe\r\nx\u2028\u0085y\u200B";
  // What may be printed: no control but the line end, no bidirectional override.
  const clean = /^[^\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E]*$/;

  it.each([
    ["bars", []],
    ["JSON", ["--json"]],
    ["a summary", ["--summary"]],
  ])("is not steered by labels, models or summaries: %s", async (_, flags) => {
    const answer: RankAnswer = { ...ranking([evil]), model: evil, id: evil };
    gateway.answers = [() => jsonAnswer(200, { ...answer, summary: summaryOf(evil) })];
    const { out, err } = await themerank(["a", ...flags]);
    expect(out.length).toBeGreaterThan(20);
    expect(out + err).toMatch(clean);
  });

  it("is not steered by a stream or by an error", async () => {
    const pieces = [
      event("ranking", { ...ranking([evil]), reason: evil, degraded: true }),
      event("summary.delta", { text: evil }),
      event("summary", summaryOf(evil)),
      event("done", {}),
    ];
    gateway.answers = [
      () => streamAnswer(pieces),
      () => problemAnswer(422, { detail: evil, errors: [{ pointer: evil, detail: evil }] }),
    ];
    const streamed = await themerank(["a", "--stream"]);
    const refused = await themerank(["a"]);
    expect(streamed.out + streamed.err + refused.err).toMatch(clean);
    expect(refused.err.split("\n")).toHaveLength(3);
  });

  it("reads back the very same answer from JSON", async () => {
    gateway.answers = [() => jsonAnswer(200, ranking([evil]))];
    expect(JSON.parse((await themerank(["a", "--json"])).out)).toEqual(ranking([evil]));
  });

  it("has its columns aligned for wide and combining characters and long labels", async () => {
    const labels = ["Geld", "お金と生活", "e\u0301te\u0301", "x".repeat(80)];
    gateway.answers = [() => jsonAnswer(200, ranking(labels))];
    const { out } = await themerank(["a"]);
    expect(out.split("\n").map((line) => line.slice(0, 40))).toEqual([
      expect.stringMatching(/^1 Geld {29}█/),
      expect.stringMatching(/^2 お金と生活 {23}█/),
      expect.stringMatching(/^3 e\u0301te\u0301 {30}█/u),
      expect.stringMatching(/^4 x{31}… █/),
      "",
    ]);
  });
});

describe("many texts", () => {
  const file = join(folder, "texts.jsonl");
  const lines = (out: string) =>
    out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { line: number; error?: { message: string } });

  it("are a line of JSON each, in their order, with their ids", async () => {
    writeFileSync(file, '"one"\n\n{"id": 7, "text": "two"}\r\n"three"\n');
    const { code, out, err } = await themerank(["--jsonl", file, "--themes", themes]);
    expect([code, err]).toEqual([0, ""]);
    expect(lines(out)).toMatchObject([
      { line: 1, data: ranking() },
      { line: 3, id: 7, data: ranking() },
      { line: 4, data: ranking() },
    ]);
    expect(gateway.requests.map(({ body }) => (body as { text: string }).text).toSorted()).toEqual([
      "one",
      "three",
      "two",
    ]);
  });

  it("go on after one that fails, which says why; the exit code is 1", async () => {
    gateway.answers = [() => problemAnswer(422), () => jsonAnswer(200, ranking())];
    const args = ["--jsonl", "-", "--concurrency", "1"];
    const { code, out } = await themerank(args, { stdin: '"bad"\n{"no": "text"}\n"good"\n' });
    expect(code).toBe(1);
    expect(lines(out)).toMatchObject([
      { line: 1, error: { status: 422, message: "A problem: What it is. (req_1)" } },
      { line: 2, error: { title: "Bad line" } },
      { line: 3, data: { source: "origin" } },
    ]);
  });

  it("end at once where no other would fare better", async () => {
    gateway.answers = [() => problemAnswer(401)];
    const stdin = '"text"\n'.repeat(100);
    const { code, out } = await themerank(["--jsonl", "-"], { stdin });
    expect([code, out]).toEqual([4, ""]);
    expect(gateway.requests.length).toBeLessThanOrEqual(4);
  });

  it("are never more at a time than the limit, and come in their order however they end", async () => {
    const begun: ((value: string) => void)[] = [];
    const items = Readable.from(["a", "b", "c", "d", "e"]) as AsyncIterable<string>;
    const work = (item: string) =>
      new Promise<string>((resolve) => begun.push(() => resolve(item)));
    const results = inOrder(items, 3, work);
    const first = results.next();
    await expect.poll(() => begun.length, { timeout: 20_000 }).toBe(3);
    begun[2]?.("c");
    begun[1]?.("b");
    await new Promise(setImmediate);
    expect(begun).toHaveLength(3);
    begun[0]?.("a");
    expect((await first).value).toBe("a");
    const rest = collected(results);
    await expect.poll(() => begun.length, { timeout: 20_000 }).toBe(5);
    for (const end of begun) end("");
    expect(await rest).toEqual(["b", "c", "d", "e"]);
  });

  it("show how far they are on a terminal, and not in a pipe", async () => {
    writeFileSync(file, '"one"\n"two"\n');
    const { err } = await themerank(["--jsonl", file], { tty: true });
    expect(err).toBe(`\r${"█".repeat(15)}${" ".repeat(15)} 1 of 2\r${"█".repeat(30)} 2 of 2\n`);
  });
});

describe("the process", () => {
  const main = new URL("../../gateway/client/cli/main.ts", import.meta.url).pathname;
  const env = { THEMERANK_URL: "", PATH: process.env["PATH"] };

  function start(args: readonly string[]) {
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...env, THEMERANK_URL: gateway.baseUrl },
    });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    const ended = new Promise<{ code: number | null; out: string }>((resolve) => {
      child.once("close", (code) => resolve({ code, out }));
    });
    return { child, ended };
  }

  it("reads stdin and ends with its code, though stdin stays open", async () => {
    gateway.answers = [() => problemAnswer(401)];
    const { child, ended } = start(["--jsonl", "-"]);
    child.stdin.write('"one"\n'.repeat(8));
    expect((await ended).code).toBe(4);
  });

  it("prints its usage", async () => {
    const { code, out } = await start(["--help"]).ended;
    expect([code, out]).toEqual([0, expect.stringContaining("Usage: themerank TEXT")]);
  });

  it("ends with 130 when it is interrupted", async () => {
    gateway.fault = { kind: "hang" };
    const { child, ended } = start(["a text"]);
    await expect.poll(() => gateway.requests.length, { timeout: 20_000 }).toBe(1);
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
  });

  it("ends quietly when nobody reads its output", async () => {
    const { child, ended } = start(["--jsonl", "-"]);
    child.stdout.destroy();
    child.stdin.on("error", () => undefined);
    child.stdin.end('"one"\n'.repeat(400));
    expect((await ended).code).toBe(0);
  });
});
