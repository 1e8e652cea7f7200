// The container's life on a real vLLM: ready after a ranking, drained before it ends, killed when it hangs.
import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { digitTokenIds, runFolder } from "./server.ts";
import { sharedServer } from "./shared-server.ts";

const vllm = sharedServer();
const runDir = runFolder(vllm.port);
const ready = join(runDir, "ready");
const warm = fileURLToPath(new URL("../../gpu-origin/bin/warm", import.meta.url));

/** The container's health check; its status. */
const check = (apiKey = vllm.apiKey): Promise<number> =>
  new Promise((resolve) => {
    const env = { PATH: process.env["PATH"] ?? "", PORT: String(vllm.port), RUN_DIR: runDir };
    execFile(warm, { env: { ...env, VLLM_API_KEY: apiKey } }, (error) =>
      resolve(error === null ? 0 : Number(error.code)),
    );
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
        (_, n) => `${"The rent is late and I lie awake. ".repeat(60)} Theme ${n}? `,
      ),
      max_tokens: 1,
      temperature: 0,
      logprobs: digitTokenIds.length,
      logprob_token_ids: digitTokenIds,
    }),
  });

// Each of these ends the server.
afterAll(() => vllm.restart());

describe("the health check", () => {
  it("fails before anything listens, without leaving a mark", async () => {
    await vllm.stop();
    expect(await check()).toBe(1);
    expect(existsSync(ready)).toBe(false);
  });

  it("succeeds after a ranking of full size, and from then on asks for one theme", async () => {
    await vllm.restart();
    expect(await check("not-the-key")).toBe(1);
    expect(existsSync(ready)).toBe(false);
    const before = await ranked();
    expect(await check()).toBe(0);
    expect(await ranked()).toBe(before + 24);
    expect(existsSync(ready)).toBe(true);
    expect(await check()).toBe(0);
    expect(await ranked()).toBe(before + 25);
  });

  it("is forgotten by a new start", async () => {
    expect(existsSync(ready)).toBe(true);
    await vllm.restart();
    expect(existsSync(ready)).toBe(false);
    expect(await check()).toBe(0);
  });

  it("kills a server that was ready and hangs, at the fifth failure", async () => {
    const { pid } = await vllm.state();
    await vllm.freeze();
    try {
      // What three checks, of 20 s each, would have left.
      writeFileSync(join(runDir, "failures"), "3");
      expect(await check()).toBe(1);
      expect(runs(pid)).toBe(true);
      expect(await check()).toBe(1);
      await expect.poll(() => runs(pid)).toBe(false);
    } finally {
      await vllm.restart();
    }
  });
});

describe("SIGTERM", () => {
  it("lets the ranking in flight end, and then the server", async () => {
    const pending = rank(12);
    // Whatever fails first is told; this is then only what follows from it.
    pending.catch(() => undefined);
    await expect
      .poll(async () => (await vllm.metrics()).get("vllm:num_requests_running"), {
        interval: 50,
        timeout: 20_000,
      })
      .toBeGreaterThan(0);
    const stopped = vllm.stop();
    const answer = await pending;
    expect(answer.status).toBe(200);
    const { choices } = (await answer.json()) as { choices: unknown[] };
    expect(choices).toHaveLength(12);
    await stopped;
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
