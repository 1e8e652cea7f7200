// Guarantees of the origin's presets and of the command lines that the entrypoint makes of them.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseConfig } from "../../gateway/config.ts";
import { promptFormats } from "../../gateway/core/origin.ts";
import { commandLines } from "./command-lines.ts";
import { readPreset } from "./read-preset.ts";

const origin = fileURLToPath(new URL("../../gpu-origin/", import.meta.url));
const filesOf = (folder: string) =>
  readdirSync(join(origin, "presets", folder)).filter((name) => name.endsWith(".env"));
const presets = filesOf(".").map((name) => name.slice(0, -".env".length));

const count = z.string().regex(/^[1-9]\d*$/);
const preset = z
  .strictObject({
    MODEL: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
    REVISION: z.string().regex(/^([\da-f]{40})?$/),
    LICENCE: z.enum(["llama3.1", "Apache-2.0", "MIT"]),
    QUANTISATION: z.enum(["fp8", "int8", "none"]),
    // T4 has no bf16, and fp16 logits are finer everywhere.
    DTYPE: z.literal("half"),
    MAX_MODEL_LEN: count,
    MAX_NUM_BATCHED_TOKENS: count,
    GPU_MEMORY_UTILIZATION: z
      .string()
      .regex(/^0\.[5-9]\d$/)
      .optional(),
    VLLM_CPU_KVCACHE_SPACE: count.optional(),
    EXTRA_FLAGS: z.string().regex(/^--[\w-]+( [\w.-]+)*$/),
    PROMPT_FORMAT: z.enum(promptFormats),
    RATING_TOKENS: z.string(),
    PROXY_CONNECTIONS: count,
  })
  .refine(
    (values) =>
      (values.GPU_MEMORY_UTILIZATION === undefined) !==
      (values.VLLM_CPU_KVCACHE_SPACE === undefined),
    "either a share of a card's memory or a CPU's",
  );

const seen = new Set<string>();
const parsed = presets.map((name) => ({ name, values: readPreset(name, seen) }));

/** Runs the entrypoint with nothing of this process's environment but the PATH. */
function entrypoint(args: string[], env: Record<string, string> = {}, folder = origin) {
  const { status, stdout, stderr } = spawnSync("sh", [join(folder, "entrypoint.sh"), ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    encoding: "utf8",
  });
  return { status, stdout, stderr, lines: stdout.trimEnd().split("\n") };
}

describe("every preset", () => {
  it.each(parsed)("$name names all that is needed and nothing unknown", ({ values }) => {
    expect(preset.safeParse(values).error?.issues ?? []).toEqual([]);
  });

  it.each(parsed)("$name gives the gateway a prompt format and rating tokens", ({ values }) => {
    const config = parseConfig({
      ORIGIN_PROMPT_FORMAT: values["PROMPT_FORMAT"],
      ORIGIN_RATING_TOKENS: values["RATING_TOKENS"],
    });
    const tokens = config.ok ? config.value.ORIGIN_RATING_TOKENS : null;
    const ratings = [...(tokens?.values() ?? [])].toSorted((a, b) => a - b);
    expect([
      [0, 9],
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    ]).toContainEqual(ratings);
  });

  it("is quantised to what its card computes in hardware", () => {
    const kinds = parsed.map(
      ({ name, values }) => `${name.split(".").at(-1)} ${values["QUANTISATION"]}`,
    );
    expect([...new Set(kinds)].toSorted().join(", ")).toBe(
      "3090 int8, 3090 none, 4090 fp8, 4090 none, a10g int8, a10g none, cpu none, t4 int8, t4 none",
    );
  });

  it("leaves no card and no model file unused", () => {
    const all = ["cards", "models"].flatMap((folder) =>
      filesOf(folder).map((name) => `${folder}/${name}`),
    );
    expect(all.filter((path) => !seen.has(path))).toEqual([]);
  });
});

describe("the command line", () => {
  it("is pinned for every preset", () => {
    expect(Object.keys(commandLines).toSorted()).toEqual(presets.toSorted());
  });

  it.each(Object.entries(commandLines))("of %s is as pinned", (name, expected) => {
    const { status, lines } = entrypoint(["--print", name]);
    expect(status).toBe(0);
    expect(lines).toEqual(expected.flatMap((line) => line.split(" ")));
  });

  it("serves a local model offline, on the address given, with no revision", () => {
    const { lines, stderr } = entrypoint(["--print"], {
      PRESET: "llama-3.1-8b.4090",
      MODEL_PATH: "/models/a folder",
      HOST: "0.0.0.0",
      PORT: "9000",
    });
    expect(lines).toContain("HF_HUB_OFFLINE=1");
    expect(lines.slice(lines.indexOf("serve"), lines.indexOf("--served-model-name"))).toEqual([
      "serve",
      "/models/a folder",
      "--host",
      "0.0.0.0",
      "--port",
      "9000",
    ]);
    expect(lines).not.toContain("--revision");
    expect(stderr).toBe("");
  });

  it("ends with the caller's own flags, which win in vLLM", () => {
    const { lines } = entrypoint(["--print", "smollm2-135m.cpu", "--no-enable-prefix-caching"]);
    expect(lines.at(-1)).toBe("--no-enable-prefix-caching");
  });

  it("takes no model from the caller's environment", () => {
    const foreign = { MODEL: "foreign/model", REVISION: "main", EXTRA_FLAGS: "--foreign" };
    const { stdout } = entrypoint(["--print", "llama-3.1-8b.4090"], foreign);
    expect(stdout).toBe(entrypoint(["--print", "llama-3.1-8b.4090"]).stdout);
  });

  it("warns where no revision is pinned", () => {
    const { stderr } = entrypoint(["--print", "llama-3.1-8b.t4"]);
    expect(stderr).toBe(
      "entrypoint: warning: llama-3.1-8b.t4 pins no revision of RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8; its newest is served\n",
    );
  });

  it("never shows the key", () => {
    const { stdout, stderr } = entrypoint(["--print", "llama-3.1-8b.4090"], {
      VLLM_API_KEY: "a-secret-key",
    });
    expect(stdout + stderr).not.toContain("a-secret-key");
  });
});

describe("starting", () => {
  const folder = mkdtempSync(join(tmpdir(), "presets-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const bin = join(folder, "bin");
  cpSync(origin, join(folder, "origin"), {
    recursive: true,
    filter: (path) => !path.includes("embedded"),
  });
  // A stand-in for vllm that shows its process id, environment and arguments; copied to be runnable.
  cpSync(`${origin}entrypoint.sh`, join(bin, "vllm"));
  writeFileSync(join(bin, "vllm"), '#!/bin/sh\necho "pid $$"\nenv\nprintf "%s\\n" "$@"\n');
  const withVllm = { PATH: `${bin}:${process.env["PATH"] ?? ""}` };

  it.each([
    ["no preset", [], {}, "name a preset: PRESET=name or the first argument"],
    ["an unknown preset", ["none"], {}, "unknown preset: none (no presets/none.env)"],
    ["a preset by path", ["../x"], {}, "unknown preset: a name has only a-z, 0-9, dots and dashes"],
    [
      "no key",
      ["llama-3.1-8b.4090"],
      {},
      "set VLLM_API_KEY, or ALLOW_NO_KEY=1 to serve without a key",
    ],
    [
      "a model folder that is not there",
      ["llama-3.1-8b.4090"],
      { VLLM_API_KEY: "k", MODEL_PATH: "/not/there" },
      "MODEL_PATH is not a folder: /not/there",
    ],
    [
      "no vllm",
      ["llama-3.1-8b.4090"],
      { VLLM_API_KEY: "k", PATH: "/bin" },
      "vllm is not on the PATH",
    ],
  ])("with %s ends in one line and status 2", (_, args, env, message) => {
    const { status, stdout, stderr } = entrypoint(args, env);
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: "",
      stderr: `entrypoint: ${message}\n`,
    });
  });

  it.each([
    ["INCLUDE=cards/4090.env\n", "preset broken lacks MODEL"],
    ["INCLUDE=cards/none.env\n", "broken includes cards/none.env, which does not exist"],
    ["MODLE=a/b\n", "broken.env has a line that is no known KEY=VALUE: MODLE"],
  ])("with the preset file %j ends in one line and status 2", (file, message) => {
    writeFileSync(join(folder, "origin/presets/broken.env"), file);
    const { status, stderr } = entrypoint(["--print", "broken"], {}, join(folder, "origin"));
    expect({ status, stderr }).toEqual({ status: 2, stderr: `entrypoint: ${message}\n` });
  });

  it("becomes vllm, so that a signal to it reaches vllm, with the key in its environment", () => {
    const shell = spawnSync(
      "sh",
      ["-c", `echo "pid $$"; exec sh "$0" llama-3.1-8b.4090`, `${origin}entrypoint.sh`],
      {
        env: { ...withVllm, VLLM_API_KEY: "k", VLLM_SERVER_DEV_MODE: "1" },
        encoding: "utf8",
      },
    );
    const lines = shell.stdout.trimEnd().split("\n");
    expect(lines[1]).toBe(lines[0]);
    expect(lines).toEqual(expect.arrayContaining(["VLLM_API_KEY=k", "VLLM_NO_USAGE_STATS=1"]));
    expect(shell.stdout).not.toContain("VLLM_SERVER_DEV_MODE");
    const command = commandLines["llama-3.1-8b.4090"]?.flatMap((line) => line.split(" ")) ?? [];
    expect(lines.slice(lines.indexOf("serve"))).toEqual(command.slice(command.indexOf("serve")));
  });

  it("without a key, where that is allowed, leaves vllm none", () => {
    const { status, stdout } = entrypoint(["llama-3.1-8b.4090"], {
      ...withVllm,
      VLLM_API_KEY: "",
      ALLOW_NO_KEY: "1",
    });
    expect(status).toBe(0);
    expect(stdout).not.toContain("VLLM_API_KEY");
  });
});
