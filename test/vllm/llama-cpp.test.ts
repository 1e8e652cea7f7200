// The gateway against llama.cpp's real server: prompt arrays with its own logprob shape, and lists by chat.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import life from "../../gateway/samples/life.json" with { type: "json" };
import { ask, startStack, type Stack } from "../support/stack.ts";
import { prepareLlamaCpp } from "./environment.ts";
import { patient, scoresOf, type Answer } from "./gateway-stack.ts";

const themes = life.slice(0, 3);
const text = "The rent is late again and the debt keeps me awake.";
const stacks: Stack[] = [];
let server: ChildProcess;
let url = "";

beforeAll(async () => {
  const { python, gguf, variables } = await prepareLlamaCpp({ log: console.log });
  server = spawn(python, ["test/vllm/llama-cpp.py", gguf, "theme-ranker"], {
    env: { ...process.env, ...variables },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const lines = createInterface({ input: server.stdout ?? process.stdin });
  const [address] = (await once(lines, "line")) as [string];
  url = `${address}/v1`;
});

afterAll(async () => {
  await Promise.all(stacks.map((stack) => stack.stop()));
  server.kill("SIGKILL");
});

const rank = async (settings: Readonly<Record<string, string>>, flags: readonly string[]) => {
  const stack = await startStack(["--origin", url, ...flags], { ...patient, ...settings });
  stacks.push(stack);
  const body = { text, themes, timeout_ms: 30_000, sources: ["origin", "lexical"] };
  return ask<Answer>(stack.url, "/v1/rank", body);
};

it("scores every theme by rating tokens, named by id or matched by their digit", async () => {
  const byString = await rank({ ORIGIN_PROMPT_FORMAT: "chatml" }, []);
  expect(byString).toMatchObject({ source: "origin", degraded: false });
  expect(byString.themes).toHaveLength(3);
  const ids = Object.fromEntries(Array.from({ length: 10 }, (_, digit) => [15 + digit, digit]));
  const byId = await rank(
    { ORIGIN_PROMPT_FORMAT: "chatml", ORIGIN_RATING_TOKENS: JSON.stringify(ids) },
    [],
  );
  expect(byId).toMatchObject({ source: "origin" });
  for (const [id, score] of scoresOf(byId)) {
    // It reads no `logprob_token_ids` and gives the likeliest ten: at most the rarest digit is missing.
    expect(Math.abs(score - (scoresOf(byString).get(id) ?? Number.NaN))).toBeLessThan(2);
  }
});

it("ranks a list by chat", async () => {
  const answer = await rank({}, ["--dialect", "chat"]);
  expect(answer).toMatchObject({ source: "origin", degraded: false });
  expect(answer.themes).toHaveLength(3);
});
