// The values for many machines say what the preset says for one.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseYaml } from "@redocly/openapi-core";
import { must, NotRun, ran, type Check } from "../check.ts";
import { home } from "../tools.ts";
import { composeProject } from "./compose-files.ts";
import { productionStackValues } from "./production-stack.ts";

const origin = fileURLToPath(new URL("../../../gpu-origin/", import.meta.url));
const chart = "https://vllm-project.github.io/production-stack";
const preset = "llama-3.1-8b.a10g";
const read = (name: string) => readFileSync(join(origin, "kubernetes", name), "utf8");
const values = () => productionStackValues.parse(parseYaml(read("values.yaml")));

/** `--a b --c` as a map; a flag without a value is "". */
function flagsOf(words: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  words.forEach((word, index) => {
    const next = words[index + 1] ?? "--";
    if (word.startsWith("--")) flags.set(word, next.startsWith("--") ? "" : next);
  });
  return flags;
}

export const kubernetesChecks: readonly Check[] = [
  {
    name: "kubernetes: the values have the names and kinds of the production-stack's chart",
    needs: [],
    run: async () => {
      values();
    },
  },
  {
    name: `kubernetes: vLLM gets the flags and switches of the preset ${preset}`,
    needs: [],
    run: async () => {
      const { modelSpec } = values().servingEngineSpec;
      assert.equal(modelSpec.length, 1);
      const [spec] = modelSpec;
      assert(spec);
      const printed = await must("sh", [join(origin, "entrypoint.sh"), "--print", preset]);
      const lines = printed.trimEnd().split("\n");
      const serve = lines.indexOf("serve");
      const wanted = flagsOf(lines.slice(serve + 1));
      const { vllmConfig } = spec;
      const given = flagsOf(vllmConfig.extraArgs);
      given.set("--dtype", vllmConfig.dtype);
      given.set("--max-model-len", String(vllmConfig.maxModelLen));
      given.set("--gpu-memory-utilization", String(vllmConfig.gpuMemoryUtilization));
      if (vllmConfig.enablePrefixCaching) given.set("--enable-prefix-caching", "");
      // The chart's own, and Kubernetes's shorter patience.
      for (const flag of ["--host", "--port", "--shutdown-timeout"]) {
        wanted.delete(flag);
        given.delete(flag);
      }
      assert.deepEqual(given, wanted);
      assert.equal(spec.modelURL, lines[serve + 1]);
      const switches = spec.env.map(({ name, value }) => `${name}=${value}`).toSorted();
      assert.deepEqual(switches, lines.slice(0, serve - 1).toSorted());
    },
  },
  {
    name: "kubernetes: images are those of the single machine",
    needs: [],
    run: async () => {
      const project = await composeProject(["compose.yaml"], {
        COMPOSE_PROFILES: "gpu,tunnel",
        PRESET: preset,
      });
      const [spec] = values().servingEngineSpec.modelSpec;
      const dockerfile = readFileSync(join(origin, "Dockerfile"), "utf8");
      assert.match(dockerfile, new RegExp(`^ARG BASE=${spec?.repository}:${spec?.tag}$`, "m"));
      for (const name of ["proxy", "tunnel"]) {
        assert(read("proxy.yaml").includes(`image: ${project.services[name]?.image}\n`), name);
      }
    },
  },
  {
    name: "kubernetes: helm renders the values",
    needs: ["helm"],
    run: async () => {
      const folder = join(home, "charts");
      const args = ["vllm-stack", "--repo", chart, "--version", "0.1.9", "-d", folder];
      const pulled = await ran("helm", ["pull", "--untar", ...args]);
      if (pulled.status !== 0 && !pulled.output.includes("already exists")) {
        throw new NotRun("the production-stack's chart is not to be had");
      }
      const file = join(origin, "kubernetes/values.yaml");
      const out = await must("helm", [
        "template",
        "themerank",
        join(folder, "vllm-stack"),
        "-f",
        file,
      ]);
      assert.match(out, /kind: ScaledObject/);
    },
  },
];
