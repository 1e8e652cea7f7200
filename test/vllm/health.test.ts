// The container's life on a real vLLM: ready after a ranking, drained before it ends, killed when it hangs.
import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../support/ports.ts";
import { digitTokenIds, runFolder } from "./server.ts";
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

const rank = (themes: number) =>
  fetch(`${vllm.url}/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${vllm.apiKey}` },
    body: JSON.stringify({
      model: "theme-ranker",
      prompt: Array.from(
        { length: themes },
        (_, n) => `${"The rent is late and I lie awake. ".repeat(20)} Theme ${n}? `,
      ),
      max_tokens: 1,
      temperature: 0,
      logprobs: digitTokenIds.length,
      logprob_token_ids: digitTokenIds,
    }),
  });

describe("the health check", () => {
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
  beforeAll(() => vllm.restart());
  afterAll(() => vllm.restart());

  it("forgets that an earlier server was ready", () => {
    expect(existsSync(ready)).toBe(false);
    expect(existsSync(join(runDir, "failures"))).toBe(false);
  });

  it("is vLLM itself: SIGTERM lets the ranking in flight end, and then the server", async () => {
    const { pid } = await vllm.state();
    expect(readFileSync(join(runDir, "pid"), "utf8")).toBe(`${pid}\n`);
    // Two of its steps: the gauges are set at the end of one, when what ran in it is done and the rest waits.
    const pending = rank(64);
    // Whatever fails first is told; this is then only what follows from it.
    pending.catch(() => undefined);
    const waiting = async () => (await vllm.metrics()).get("vllm:num_requests_waiting");
    await expect.poll(waiting, { interval: 50, timeout: 60_000 }).toBeGreaterThan(0);
    const stopped = vllm.stop();
    const answer = await pending;
    expect(answer.status).toBe(200);
    const { choices } = (await answer.json()) as { choices: unknown[] };
    expect(choices).toHaveLength(64);
    await stopped;
    expect(runs(pid)).toBe(false);
    await expect(rank(1)).rejects.toThrow("fetch failed");
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
