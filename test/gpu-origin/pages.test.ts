// Whoever follows the GPU machine's pages finds each command, file, preset, setting and link in them.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = [
  "gpu-origin/README.md",
  "gpu-origin/kubernetes/README.md",
  "gpu-origin/presets/README.md",
];
/** What a machine brings, by these pages' own first lines. */
const brought = new Set(["cd", ".", "grep", "sed", "sh", "docker", "npm", "kubectl", "helm"]);
const read = (path: string) => readFileSync(join(root, path), "utf8");
const compose = read("gpu-origin/compose.yaml");
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

/** The commands of a page's sh blocks, comments off, one of a pipe or a chain each. */
const commandsOf = (page: string) =>
  [...read(page).matchAll(/```sh\n([^]*?)```/g)]
    .flatMap(([, block = ""]) => block.split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line !== "")
    .flatMap((line) => line.split(/ && | \| (?=\w)/))
    .map((line) => line.replace(/^([A-Z_]+=\S+ )+/, ""));

/** What a page says in code style. */
const spoken = (page: string) =>
  [...read(page).matchAll(/`([^`\n]+)`/g)].map(([, words = ""]) => words);

/** A program of this repository: there, and may be run. */
const runs = (path: string) =>
  existsSync(join(root, path)) && (statSync(join(root, path)).mode & 0o111) !== 0;

const shown = pages.flatMap((page) => commandsOf(page).map((command) => ({ page, command })));

describe("the pages of the GPU machine", () => {
  it.each(shown)("$page: $command starts with something that is there", ({ command }) => {
    const [program = ""] = command.split(" ");
    expect(brought.has(program) || runs(program)).toBe(true);
  });

  it.each(shown)("$page: $command names files, scripts and services that are there", (each) => {
    const words = each.command.split(/[ =]/).filter((word) => !/^https?:|^-|^"?\$/.test(word));
    const paths = words.filter((word) => /^(gpu-origin|infra|test|gateway)\//.test(word));
    // Made by bin/up.
    for (const path of paths.filter((word) => word !== "gpu-origin/.env")) {
      expect(existsSync(join(root, path)), path).toBe(true);
    }
    const [, preset] = /(?:bin\/up|--settings|--print) ([a-z][\w.-]*)/.exec(each.command) ?? [];
    if (preset !== undefined && preset !== "ollama") {
      expect(existsSync(join(root, "gpu-origin/presets", `${preset}.env`)), preset).toBe(true);
    }
    const [, script] = /^npm (?:run )?(start|test|[a-z:]+)/.exec(each.command) ?? [];
    if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
    const [, service] = /^docker compose .*\b(vllm\S*|proxy|tunnel)$/.exec(each.command) ?? [];
    if (service !== undefined) expect(compose).toContain(`\n  ${service}:\n`);
  });

  it("name presets that are there", () => {
    const names = pages.flatMap((page) => [
      ...read(page).matchAll(/\b[a-z][\w.-]*\.(?:4090|3090|a10g|t4|cpu)\b/g),
    ]);
    expect(names.length).toBeGreaterThan(5);
    for (const [name] of names) {
      expect(existsSync(join(root, "gpu-origin/presets", `${name}.env`)), name).toBe(true);
    }
  });

  it("link to what is there", () => {
    for (const page of pages) {
      for (const [, target = ""] of read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        expect(existsSync(join(root, dirname(page), target)), `${page}: ${target}`).toBe(true);
      }
    }
  });

  it("speak of settings and commands that something reads", () => {
    const readers = ["bin/up", "bin/smoke", "compose.yaml", "compose.loopback.yaml"]
      .map((name) => read(`gpu-origin/${name}`))
      .join("\n");
    for (const words of spoken("gpu-origin/README.md")) {
      const [, setting] = /^([A-Z]+_[A-Z_]+|LOOPBACK|OBSERVABILITY)=/.exec(words) ?? [];
      if (setting !== undefined && !setting.startsWith("ORIGIN_")) {
        expect(readers, setting).toMatch(new RegExp(`\\b${setting}\\b`));
      }
      const [program = ""] = words.split(" ");
      if (program.startsWith("gpu-origin/bin/")) expect(runs(program), program).toBe(true);
      const [, script] = /^npm run ([\w:]+)/.exec(words) ?? [];
      if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
    }
  });
});
