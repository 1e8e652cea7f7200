// `npm start` as a newcomer meets it: the embedded origin for real, only Gemini is a fake.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import life from "../../gateway/samples/life.json" with { type: "json" };
import texts from "../../gateway/samples/texts.json" with { type: "json" };
import { eventsIn } from "../support/event-lines.ts";
import { startFakeGemini, type FakeGemini } from "../support/fake-gemini.ts";
import { startFakeVllm, type FakeVllm } from "../support/fake-vllm.ts";
import { freePort } from "../support/ports.ts";
import { ask, membersOf, runToEnd, startStack, type Stack } from "../support/stack.ts";

const shell = promisify(execFile);

interface Answer {
  readonly themes: readonly { id: string; score: number }[];
  readonly source: string;
  readonly model: string;
  readonly degraded: boolean;
  readonly reason: string | null;
  readonly cache: { status: string; known: number; ranked: number };
  readonly summary: { status: string; source: string; text: string };
}

const [journal] = texts;
const debt = journal?.text ?? "";

describe("npm start", () => {
  let stack: Stack;
  let gemini: FakeGemini;
  let originUrl: string;

  /** What the embedded origin itself counted. */
  const documents = async (): Promise<number> => {
    const metrics = await (await fetch(new URL("/metrics", originUrl))).text();
    return Number(/^embedded_rerank_documents_total (\d+)$/m.exec(metrics)?.[1]);
  };

  beforeAll(async () => {
    gemini = await startFakeGemini();
    stack = await startStack([], { GEMINI_API_KEY: "a-key", GEMINI_BASE_URL: gemini.url });
    originUrl = /embedded, on (http:\S+?):? /.exec(stack.output())?.[1] ?? "";
  });

  afterAll(async () => {
    await stack?.stop();
    await gemini?.close();
  });

  it("says where it serves, with what, and that this is no Llama, before anything else", () => {
    const output = stack.output();
    expect(output).toMatch(/^\nthemerank is ready on /);
    expect(output).not.toContain("/v1/status");
    expect(output).toContain("is ready on http://localhost:");
    expect(output).toContain("demonstration model");
    expect(output).toContain("not Llama");
    expect(output).toContain("mode hybrid");
  });

  it("prints a curl line that works as pasted", async () => {
    const line =
      stack
        .output()
        .split("\n")
        .find((each) => each.startsWith("curl ")) ?? "";
    const { stdout } = await shell("sh", ["-c", line]);
    const answer = JSON.parse(stdout) as Answer;
    expect(answer).toMatchObject({ source: "origin", summary: { status: "complete" } });
    expect(answer.themes).toHaveLength(5);
  });

  it("ranks by what a text is about: money over travel, for a text about debt", async () => {
    const { themes, source } = await ask<Answer>(stack.url, "/v1/rank", {
      text: debt,
      themes: life,
    });
    expect(source).toBe("origin");
    expect(themes).toHaveLength(24);
    expect(themes[0]?.id).toBe("money");
    const score = (id: string) => themes.find((theme) => theme.id === id)?.score ?? Number.NaN;
    expect(score("money")).toBeGreaterThan(score("travel") + 30);
  });

  it("answers a repeat from KV: the origin's counter does not move", async () => {
    const text = `${debt} And again.`;
    await ask<Answer>(stack.url, "/v1/rank", { text, themes: life });
    const before = await documents();
    const again = await ask<Answer>(stack.url, "/v1/rank", {
      themes: life.toReversed(),
      text,
      top_k: 3,
    });
    expect(again.cache).toMatchObject({ status: "hit", known: 24, ranked: 0 });
    expect(await documents()).toBe(before);
    const more = await ask<Answer>(stack.url, "/v1/rank", { text, themes: [...life, "Chess"] });
    expect(more.cache).toMatchObject({ status: "partial", known: 24, ranked: 1 });
    expect(await documents()).toBe(before + 1);
  });

  it("goes on without its origin, marked, and goes back to it by itself", async () => {
    const ranked = (text: string) => ask<Answer>(stack.url, "/v1/rank", { text, themes: life });
    const port = new URL(originUrl).port;
    const origin = membersOf(stack.groups).find(
      ({ command }) => command.endsWith(`main.ts --port ${port}`) && !command.includes("leash"),
    );
    process.kill(origin?.pid ?? Number.NaN, "SIGKILL");
    await expect.poll(() => stack.output(), { timeout: 5_000 }).toContain("To bring it back");

    expect(await ranked(`${debt} One.`)).toMatchObject({
      source: "gemini",
      degraded: true,
      reason: "origin_unreachable",
    });
    await gemini.stop();
    expect(await ranked(`${debt} Two.`)).toMatchObject({ source: "lexical", degraded: true });
    await gemini.restart();

    const revived = spawn(process.execPath, ["gpu-origin/embedded/main.ts", "--port", port]);
    await once(revived.stdout, "data");
    // Probes find it, then it is given its requests by and by.
    let note = 0;
    await expect
      .poll(() => ranked(`${debt} Three, ${(note += 1)}.`), { interval: 500, timeout: 45_000 })
      .toMatchObject({ source: "origin", degraded: false });
    revived.kill();
    await once(revived, "close");
  });

  it("prints one event per request and no word of a text", () => {
    const events = eventsIn(stack.output());
    expect(events.length).toBeGreaterThanOrEqual(8);
    expect(JSON.stringify(events)).not.toContain("overdraft");
  });

  it("ends with everything it started", async () => {
    // The gateway's and the origin's.
    expect(stack.groups).toHaveLength(2);
    expect(membersOf(stack.groups).length).toBeGreaterThan(2);
    expect(await stack.stop()).toBe(0);
    await expect.poll(() => membersOf(stack.groups), { timeout: 5_000 }).toEqual([]);
    await expect(fetch(`${stack.url}/healthz`)).rejects.toThrow("fetch failed");
    await expect(fetch(new URL("/health", originUrl))).rejects.toThrow("fetch failed");
  });
});

describe("npm start with an origin of one's own", () => {
  let vllm: FakeVllm;
  let gemini: FakeGemini;
  const stacks: Stack[] = [];
  /** All that an .env file could trip over; wrangler reads it back. */
  const apiKey = `origin-$ecret \${HOME} 'key' "of # ours" \\n`;

  beforeAll(async () => {
    vllm = await startFakeVllm({ apiKey });
    gemini = await startFakeGemini();
  });

  afterAll(async () => {
    await Promise.all(stacks.map((stack) => stack.stop()));
    await vllm.close();
    await gemini.close();
  });

  it("is hybrid: the origin ranks, Gemini summarises; it survives the origin and finds it again", async () => {
    const stack = await startStack(["--origin", vllm.url], {
      ORIGIN_API_KEY: apiKey,
      ORIGIN_TIMEOUT_MS: "500",
      // Each fault is met by a request of its own.
      BREAKER: "closed",
      GEMINI_API_KEY: "a-key",
      GEMINI_BASE_URL: gemini.url,
    });
    stacks.push(stack);
    const analyzed = (n: number) =>
      ask<Answer>(stack.url, "/v1/analyze", { text: `${debt} Day ${n}.`, themes: life });
    expect(await analyzed(1)).toMatchObject({
      source: "origin",
      degraded: false,
      summary: { source: "gemini", status: "complete" },
    });
    vllm.fault = { kind: "hang" };
    expect(await analyzed(2)).toMatchObject({ source: "gemini", reason: "origin_timeout" });
    vllm.fault = { kind: "headers_then_stall" };
    expect(await analyzed(3)).toMatchObject({ source: "gemini", reason: "origin_timeout" });
    vllm.fault = { kind: "reset" };
    expect(await analyzed(4)).toMatchObject({ source: "gemini", reason: "origin_unreachable" });
    vllm.fault = null;
    await vllm.stop();
    expect(await analyzed(5)).toMatchObject({ source: "gemini", reason: "origin_unreachable" });
    await gemini.stop();
    expect(await analyzed(6)).toMatchObject({
      source: "lexical",
      summary: { source: "extractive" },
    });
    await vllm.restart();
    await gemini.restart();
    expect(await analyzed(7)).toMatchObject({ source: "origin", summary: { source: "gemini" } });
  });

  it("has it probed by the cron handler, at the address that npm start calls each minute", async () => {
    const stack = await startStack(["--origin", vllm.url], { ORIGIN_API_KEY: apiKey });
    stacks.push(stack);
    vllm.reset();
    const answer = await fetch(`${stack.url}/cdn-cgi/local/scheduled`);
    expect([answer.status, vllm.promptCount]).toEqual([200, 1]);
  });

  it("with none is all-Gemini", async () => {
    const stack = await startStack(["--origin", "none"], {
      GEMINI_API_KEY: "a-key",
      GEMINI_BASE_URL: gemini.url,
    });
    stacks.push(stack);
    expect(stack.output()).toContain("mode all-gemini");
    expect(stack.output()).not.toContain("GEMINI_API_KEY is missing");
    expect(await ask<Answer>(stack.url, "/v1/rank", { text: debt, themes: life })).toMatchObject({
      source: "gemini",
      degraded: false,
    });
  });
});

describe("npm start without origin and key", () => {
  it("says that the key is missing, and ranks by words", async () => {
    const stack = await startStack(["--origin", "none"]);
    expect(stack.output()).toContain("mode lexical");
    expect(stack.output()).toContain("GEMINI_API_KEY is missing");
    expect(await ask<Answer>(stack.url, "/v1/rank", { text: debt, themes: life })).toMatchObject({
      source: "lexical",
    });
    expect(await stack.stop()).toBe(0);
  });
});

describe("npm start that cannot", () => {
  it("says in a line that the port is taken, and which to try", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const { code, output } = await runToEnd(["--port", String(port)]);
    server.close();
    expect(code).toBe(1);
    expect(output).toBe(
      `Port ${port} is in use. Choose another: npm start -- --port ${port + 1}\n`,
    );
  });

  it.each([
    [["--origin", "ftp://a"], "--origin must be an http or https URL, or none.\n"],
    [["--port", "70000"], "--port must be a number from 1 to 65535.\n"],
    [["--dialect", "rerank"], "--dialect goes with --origin URL.\n"],
  ])("names the flag that is wrong: %j", async (args, message) => {
    const { code, output } = await runToEnd(args);
    expect([code, output]).toEqual([1, message]);
  });

  it("names an unknown flag and shows the known ones, without a stack", async () => {
    const { code, output } = await runToEnd(["--prot", "1"]);
    expect(code).toBe(1);
    expect(output).toContain("'--prot'");
    expect(output).toContain("--persist");
    expect(output).not.toContain("    at ");
  });

  it("names a setting that is wrong", async () => {
    const { code, output } = await runToEnd(["--port", String(await freePort())], {
      EGRESS: "some",
    });
    expect(code).toBe(1);
    expect(output).toContain("bad settings: EGRESS");
  });
});
