// The container's life on a real vLLM: ready after a ranking, drained before it ends, killed when it hangs.
import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { freePort } from "../support/ports.ts";
import { runFolder } from "./server.ts";
import { sharedServer } from "./shared-server.ts";

const vllm = sharedServer();
const runDir = runFolder(vllm.port);
const ready = join(runDir, "ready");
const warm = fileURLToPath(new URL("../../gpu-origin/bin/warm", import.meta.url));

/** The container's health check; its status. */
const check = (settings: Readonly<Record<string, string>> = {}): Promise<number> =>
  new Promise((resolve) => {
    const env = {
      PATH: process.env["PATH"] ?? "",
      PORT: String(vllm.port),
      RUN_DIR: runDir,
      VLLM_API_KEY: vllm.apiKey,
      ...settings,
    };
    execFile(warm, { env }, (error) => resolve(error === null ? 0 : Number(error.code)));
  });

const ranked = async () => (await vllm.metrics()).get("vllm:request_success_total") ?? 0;

/** Begins to write six words; resolves once the first has come, with what reads the rest to the end. */
async function beginWork(): Promise<() => Promise<string>> {
  const answer = await fetch(`${vllm.url}/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${vllm.apiKey}` },
    body: JSON.stringify({
      model: "theme-ranker",
      prompt: "The rent is late and",
      // Few enough to end within the 30 s of --shutdown-timeout on a machine that has other work.
      max_tokens: 6,
      ignore_eos: true,
      temperature: 0,
      stream: true,
    }),
  });
  const reader = (answer.body ?? new ReadableStream<Uint8Array>()).getReader();
  const first = await reader.read();
  const decoder = new TextDecoder();
  let text = decoder.decode(first.value, { stream: true });
  return async () => {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- a stream
      const { done, value } = await reader.read();
      if (done) return text;
      text += decoder.decode(value, { stream: true });
    }
  };
}

describe("the health check", () => {
  // The last of these kills it.
  afterAll(() => vllm.restart());

  it("fails where nothing listens and where no ranking is had, and leaves no mark", async () => {
    expect(await check({ PORT: String(await freePort()) })).toBe(1);
    expect(await check({ VLLM_API_KEY: "not-the-key" })).toBe(1);
    expect(existsSync(ready)).toBe(false);
  });

  it("succeeds after a ranking of full size, and from then on asks for one theme", async () => {
    const before = await ranked();
    expect(await check()).toBe(0);
    expect(await ranked()).toBe(before + 24);
    expect(existsSync(ready)).toBe(true);
    expect(await check()).toBe(0);
    expect(await ranked()).toBe(before + 25);
  });

  it("kills a server that was ready and hangs, at the fifth failure", async () => {
    const { pid } = await vllm.state();
    await vllm.freeze();
    // What three checks, of 20 s each, would have left.
    writeFileSync(join(runDir, "failures"), "3");
    expect(await check()).toBe(1);
    expect(runs(pid)).toBe(true);
    expect(await check()).toBe(1);
    await expect.poll(() => runs(pid), { timeout: 10_000 }).toBe(false);
  });
});

describe("the entrypoint", () => {
  afterAll(() => vllm.restart());

  it("forgets that an earlier server was ready", () => {
    expect(existsSync(ready)).toBe(false);
    expect(existsSync(join(runDir, "failures"))).toBe(false);
  });

  it("is vLLM itself: SIGTERM lets the work in flight end, and then the server", async () => {
    const { pid } = await vllm.state();
    expect(readFileSync(join(runDir, "pid"), "utf8")).toBe(`${pid}\n`);
    const rest = await beginWork();
    const stopped = vllm.stop();
    const events = (await rest()).trim().split("\n\n");
    expect(events.at(-1)).toBe("data: [DONE]");
    expect(events.join("")).toContain('"finish_reason":"length"');
    await stopped;
    expect(runs(pid)).toBe(false);
    await expect(beginWork()).rejects.toThrow("fetch failed");
  });
});

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
