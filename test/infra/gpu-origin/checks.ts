// All checks of gpu-origin/.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readPreset } from "../../presets/read-preset.ts";
import { proxyConfiguration } from "../../support/nginx.ts";
import { must, type Check } from "../check.ts";
import { composeChecks } from "./compose-checks.ts";
import { kubernetesChecks } from "./kubernetes-checks.ts";

const origin = fileURLToPath(new URL("../../../gpu-origin/", import.meta.url));
const inOrigin = (...names: string[]) => names.map((name) => join(origin, name));
// Long lines are for URLs and queries; the files' own style is oxfmt's.
const yamlRules =
  "{extends: default, rules: {line-length: disable, document-start: disable, braces: disable, comments: {min-spaces-from-content: 1}}}";

// Its output into a file: nginx opens /dev/stdout anew, which a socket does not allow.
const testing = 'nginx -t -q "$@" >"$0" 2>&1 || { cat "$0" >&2; exit 1; }';

const lints: readonly Check[] = [
  {
    name: "gpu-origin: shellcheck finds nothing in the entrypoint and in bin/",
    needs: ["shellcheck"],
    run: async () => {
      await must("shellcheck", inOrigin("entrypoint.sh", "bin/up", "bin/smoke"));
    },
  },
  {
    name: "gpu-origin: hadolint finds nothing in the Dockerfile",
    needs: ["hadolint"],
    run: async () => {
      await must("hadolint", inOrigin("Dockerfile"));
    },
  },
  {
    name: "gpu-origin: yamllint finds nothing in compose and Kubernetes files",
    needs: ["yamllint"],
    run: async () => {
      const files = ["compose.yaml", "compose.loopback.yaml"];
      const kubernetes = ["kubernetes/values.yaml", "kubernetes/proxy.yaml"];
      await must("yamllint", ["-s", "-d", yamlRules, ...inOrigin(...files, ...kubernetes)]);
    },
  },
  {
    name: "gpu-origin: nginx takes the proxy's configuration for every preset",
    needs: ["nginx"],
    run: async () => {
      const folder = mkdtempSync(join(tmpdir(), "proxy-"));
      const counts = readdirSync(join(origin, "presets"))
        .filter((name) => name.endsWith(".env"))
        .map((name) => Number(readPreset(name.slice(0, -".env".length))["PROXY_CONNECTIONS"]));
      try {
        for (const connections of new Set(counts)) {
          const settings = { ranker: "ranker:8000", apiKey: "a.key+with/all=", connections };
          const file = join(folder, "nginx.conf");
          writeFileSync(file, proxyConfiguration(settings, 8080, folder));
          // oxlint-disable-next-line no-await-in-loop -- one file
          await must("sh", ["-c", testing, join(folder, "log"), "-p", folder, "-c", file]);
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  },
];

export const gpuOriginChecks: readonly Check[] = [...lints, ...composeChecks, ...kubernetesChecks];
