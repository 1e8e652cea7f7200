// The walls of the house: who may import whom, which package stands where, and no cycle.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const gateway = fileURLToPath(new URL("../gateway", import.meta.url));

interface Import {
  readonly from: string;
  /** A path within gateway/, or a package. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(gateway, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.(?:ts|mjs)$/.test(path) && !path.endsWith(".d.ts"))
  .filter((path) => !path.startsWith("client/") && !path.startsWith("playground/"));

const imports: Import[] = files.flatMap((from) => {
  const source = readFileSync(join(gateway, from), "utf8");
  const found = source.matchAll(
    /(?:^|\n)\s*(?:import|export)\s(?<what>[^;"']*?)\sfrom\s*"(?<spec>[^"]+)"|import\(\s*"(?<dynamic>[^"]+)"\s*\)/g,
  );
  return [...found].map(({ groups = {} }) => {
    const { what = "", spec = groups["dynamic"] ?? "" } = groups;
    const to = spec.startsWith(".") ? relative(gateway, join(gateway, dirname(from), spec)) : spec;
    return { from, to, typeOnly: what.startsWith("type ") };
  });
});

/** The part of the house a file belongs to: its folder, or its own name at the top. */
const partOf = (path: string) => (path.includes("/") ? (path.split("/")[0] ?? "") : path);
const isOwn = (to: string) => files.includes(to) || to.startsWith("samples/");

/** What each part may import: parts, files of other parts, packages. A part may import itself. */
const allowed: Record<string, readonly string[]> = {
  core: [],
  text: ["core", "stemmer"],
  "config.ts": ["core", "zod"],
  "telemetry.ts": ["core", "zod"],
  resilience: ["core", "type config.ts"],
  cache: ["core", "type config.ts"],
  models: ["core", "zod", "openai", "@google/generative-ai"],
  rank: ["core", "models", "resilience", "text", "zod"],
  summarize: ["core", "models", "resilience", "text", "zod"],
  tenancy: ["core", "samples", "type config.ts"],
  "pipeline.ts": ["core", "resilience", "type cache"],
  edge: [
    "core",
    "config.ts",
    "pipeline.ts",
    "telemetry.ts",
    "tenancy",
    "text",
    "hono",
    "@hono/zod-openapi",
    "zod",
  ],
  start: ["config.ts", "samples", "node:"],
};

describe("the house", () => {
  it("is read at all: every part named here has files, and every file belongs to a part", () => {
    expect(imports.length).toBeGreaterThan(100);
    const parts = new Set(files.map(partOf));
    parts.delete("index.ts");
    expect([...parts].toSorted()).toEqual(Object.keys(allowed).toSorted());
  });

  it("lets each part import only what it may", () => {
    const trespasses = imports.filter(({ from, to, typeOnly }) => {
      const part = partOf(from);
      if (part === "index.ts") return false;
      const target = isOwn(to) ? partOf(to) : to;
      if (target === part) return false;
      return !(allowed[part] ?? []).some((permit) => {
        const name = permit.replace(/^type /, "");
        const reaches =
          target === name ||
          target.startsWith(`${name}/`) ||
          (name.endsWith(":") && target.startsWith(name));
        return reaches && (typeOnly || !permit.startsWith("type "));
      });
    });
    expect(trespasses).toEqual([]);
  });

  it.each([
    ["openai", "models/openai.ts"],
    ["@google/generative-ai", "models/gemini.ts"],
  ])("imports %s in one file", (name, file) => {
    const importers = imports.filter(({ to }) => to === name || to.startsWith(`${name}/`));
    expect(new Set(importers.map(({ from }) => from))).toEqual(new Set([file]));
  });

  it("knows Hono in edge/ alone", () => {
    const importers = imports.filter(({ to }) => /^hono(?:\/|$)|^@hono\//.test(to));
    expect(importers.length).toBeGreaterThan(0);
    expect(importers.filter(({ from }) => !from.startsWith("edge/"))).toEqual([]);
  });

  it("imports its entry nowhere", () => {
    expect(imports.filter(({ to }) => to === "index.ts")).toEqual([]);
  });

  it("has no import cycle, types apart", () => {
    const cycles: string[] = [];
    const walk = (file: string, trail: readonly string[]): void => {
      if (trail.includes(file)) {
        cycles.push([...trail.slice(trail.indexOf(file)), file].join(" -> "));
        return;
      }
      for (const { to } of imports.filter(({ from, typeOnly }) => from === file && !typeOnly)) {
        if (files.includes(to)) walk(to, [...trail, file]);
      }
    };
    for (const file of files) walk(file, []);
    expect([...new Set(cycles)]).toEqual([]);
  });

  it("opens each file with its caption", () => {
    const bare = files.filter(
      (path) => !/^\/\/ \S/.test(readFileSync(join(gateway, path), "utf8")),
    );
    expect(bare).toEqual([]);
  });
});
