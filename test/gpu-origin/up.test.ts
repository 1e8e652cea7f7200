// Guarantees of bin/up, with a Docker and a card that only say what they were asked.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const origin = fileURLToPath(new URL("../../gpu-origin/", import.meta.url));
const aKey = "0123456789abcdef0123456789abcdef";
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "up-"));
  for (const name of ["bin", "presets"]) {
    cpSync(join(origin, name), join(folder, "gpu-origin", name), { recursive: true });
  }
  mkdirSync(join(folder, "path"));
  fake("docker", `echo "$@ [$PRESET $COMPOSE_PROFILES $COMPOSE_FILE]" >>${folder}/asked`);
  fake("nvidia-smi", "echo 'NVIDIA GeForce RTX 4090'");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function fake(name: string, line: string): void {
  writeFileSync(join(folder, "path", name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
}

function up(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(join(folder, "gpu-origin/bin/up"), args, {
    env: { PATH: `${join(folder, "path")}:/usr/bin:/bin`, ...env },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

const file = () => join(folder, "gpu-origin/.env");
const kept = () =>
  Object.fromEntries(
    readFileSync(file(), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  ) as Record<string, string>;
const asked = () =>
  existsSync(join(folder, "asked"))
    ? readFileSync(join(folder, "asked"), "utf8").trimEnd().split("\n")
    : [];

describe("bin/up", () => {
  it("knows the card, makes a key that only the user can read, fetches, then starts and waits", () => {
    expect(up().status).toBe(0);
    expect(kept()).toMatchObject({
      PRESET: "llama-3.1-8b.4090",
      COMPOSE_PROFILES: "gpu",
      COMPOSE_FILE: "compose.yaml",
    });
    expect(kept()["VLLM_API_KEY"]).toMatch(/^[\da-f]{64}$/);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(asked().slice(1)).toEqual([
      "compose run --build --rm --no-deps fetch [llama-3.1-8b.4090 gpu compose.yaml]",
      "compose up --detach --build --remove-orphans --wait --wait-timeout 3300 [llama-3.1-8b.4090 gpu compose.yaml]",
    ]);
  });

  it.each([
    ["NVIDIA GeForce RTX 3090", "llama-3.1-8b.3090"],
    ["NVIDIA A10G", "llama-3.1-8b.a10g"],
    ["Tesla T4", "llama-3.1-8b.t4"],
  ])("takes %s for %s", (card, preset) => {
    fake("nvidia-smi", `echo '${card}'`);
    expect(up().status).toBe(0);
    expect(kept()["PRESET"]).toBe(preset);
  });

  it("keeps key and preset at the next start; a name given changes the preset", () => {
    up();
    const key = kept()["VLLM_API_KEY"];
    up();
    expect(kept()).toMatchObject({ PRESET: "llama-3.1-8b.4090", VLLM_API_KEY: key });
    up(["mistral-7b-v0.3.4090"]);
    expect(kept()).toMatchObject({ PRESET: "mistral-7b-v0.3.4090", VLLM_API_KEY: key });
    expect(readFileSync(file(), "utf8").match(/^PRESET=/gm)).toHaveLength(1);
  });

  it("opens the tunnel once there is a token, and what else is asked for", () => {
    writeFileSync(file(), "TUNNEL_TOKEN=t\nOBSERVABILITY=1\nLOOPBACK=1\n");
    expect(up().status).toBe(0);
    expect(kept()).toMatchObject({
      COMPOSE_PROFILES: "gpu,tunnel,observability",
      COMPOSE_FILE: "compose.yaml:compose.loopback.yaml",
    });
  });

  it("takes secrets from the environment without writing them down", () => {
    const env = { PRESET: "llama-3.1-8b.a10g", VLLM_API_KEY: aKey, TUNNEL_TOKEN: "a-token" };
    expect(up([], env).status).toBe(0);
    expect(asked().at(-1)).toContain("[llama-3.1-8b.a10g gpu,tunnel compose.yaml]");
    expect(readFileSync(file(), "utf8")).not.toMatch(/VLLM_API_KEY|TUNNEL_TOKEN/);
  });

  it("needs no card for a CPU's preset", () => {
    fake("nvidia-smi", "exit 9");
    expect(up(["smollm2-135m.cpu"]).status).toBe(0);
    expect(asked().at(-1)).toContain("[smollm2-135m.cpu cpu compose.yaml]");
    expect(asked().at(-2)).toContain("fetch-cpu");
  });

  it("prints the gateway's settings, and never the key", () => {
    const { stdout } = up(["llama-3.1-8b.4090"], { VLLM_API_KEY: aKey });
    expect(stdout).toContain("ORIGIN_MODEL_VERSION=llama-3.1-8b-fp8@12fd6884\n");
    expect(stdout).toContain("ORIGIN_PROMPT_FORMAT=llama-3\n");
    expect(stdout).toContain('ORIGIN_RATING_TOKENS={"15":0,');
    expect(stdout).not.toContain(aKey);
    expect(up(["--settings", "ollama"]).stdout).toContain("ORIGIN_DIALECT=chat\n");
  });

  it.each([
    ["an unknown preset", ["no-such"], {}, "unknown preset: no-such"],
    ["a path", ["../../etc/passwd"], {}, "unknown preset"],
    ["a short key", ["llama-3.1-8b.4090"], { VLLM_API_KEY: "short" }, "32 characters at least"],
    [
      "a key that is no bearer token",
      ["llama-3.1-8b.4090"],
      { VLLM_API_KEY: `${aKey} "` },
      "may hold only",
    ],
  ])("refuses %s in one line and starts nothing", (_, args, env, told) => {
    const { status, stderr } = up(args, env);
    expect(status).toBe(2);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain(told);
    expect(asked().filter((line) => line.startsWith("compose up"))).toEqual([]);
  });

  it("refuses a machine without Docker, and a card's preset without a card", () => {
    fake("docker", "exit 1");
    expect(up()).toMatchObject({ status: 2, stderr: expect.stringContaining("Docker") as string });
    fake("docker", "exit 0");
    fake("nvidia-smi", "exit 9");
    expect(up()).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("no preset") as string,
    });
    expect(up(["llama-3.1-8b.t4"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("finds no card") as string,
    });
  });
});

describe("entrypoint.sh --fetch", () => {
  it("asks for the preset's model at its revision, in formats that cannot run code", () => {
    fake("python3", `printf '%s\\n' "$@" >${folder}/python`);
    const { status } = spawnSync(
      "sh",
      [join(origin, "entrypoint.sh"), "--fetch", "llama-3.1-8b.4090"],
      {
        env: { PATH: `${join(folder, "path")}:/usr/bin:/bin` },
      },
    );
    expect(status).toBe(0);
    const told = readFileSync(join(folder, "python"), "utf8");
    expect(told.trimEnd().split("\n").slice(-2)).toEqual([
      "RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8",
      "12fd6884d2585dd4d020373e7f39f74507b31866",
    ]);
    expect(told).toContain('"*.safetensors"');
    expect(told).not.toMatch(/\.(bin|pt|pth)"/);
  });
});
