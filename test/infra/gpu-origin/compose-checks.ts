// What compose.yaml promises: nothing published, rankers without a way out, secrets where they are needed.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readPreset } from "../../presets/read-preset.ts";
import type { Check } from "../check.ts";
import { composeProject, type Project, type Service } from "./compose-files.ts";

const presets = readdirSync(fileURLToPath(new URL("../../../gpu-origin/presets/", import.meta.url)))
  .filter((name) => name.endsWith(".env"))
  .map((name) => name.slice(0, -".env".length));

const secrets = { VLLM_API_KEY: "the-key", TUNNEL_TOKEN: "the-token", HF_TOKEN: "the-hub-token" };
const load = (profiles: string, preset: string, files = ["compose.yaml"]): Promise<Project> =>
  composeProject(files, { COMPOSE_PROFILES: profiles, PRESET: preset, ...secrets });

/** One way to run it for each ranker, with everything else that there is. */
const ways = [
  { profiles: "gpu,tunnel,observability", preset: "llama-3.1-8b.4090", ranker: "vllm" },
  { profiles: "cpu,tunnel", preset: "qwen2.5-coder-1.5b.cpu", ranker: "vllm-cpu" },
  { profiles: "ollama,tunnel", preset: "ollama", ranker: "ollama" },
] as const;

const each = async (
  run: (project: Project, way: (typeof ways)[number]) => void,
  files?: string[],
): Promise<void> => {
  for (const way of ways) {
    // oxlint-disable-next-line no-await-in-loop -- the parser is built by the first
    run(await load(way.profiles, way.preset, files), way);
  }
};

const staying = (project: Project): [string, Service][] =>
  Object.entries(project.services).filter(([, { restart }]) => restart !== "no");

function at(project: Project, name: string): Service {
  const found = project.services[name];
  assert(found, `no service ${name}`);
  return found;
}

export const composeChecks: readonly Check[] = [
  {
    name: "compose: no port is published; the loopback file opens 127.0.0.1 alone",
    needs: [],
    run: async () => {
      await each((project) => {
        for (const [name, { ports }] of Object.entries(project.services)) {
          assert.deepEqual(ports, [], name);
        }
      });
      const local = await load("gpu,observability", "llama-3.1-8b.4090", [
        "compose.yaml",
        "compose.loopback.yaml",
      ]);
      const open = Object.entries(local.services).filter(([, { ports }]) => ports.length > 0);
      assert.deepEqual(open.map(([name]) => name).toSorted(), ["prometheus", "proxy"]);
      for (const { host_ip } of open.flatMap(([, { ports }]) => ports)) {
        assert.equal(host_ip, "127.0.0.1");
      }
    },
  },
  {
    name: "compose: ranker and proxy sit on networks without a way out, the tunnel not beside the ranker",
    needs: [],
    run: () =>
      each((project, { ranker }) => {
        for (const name of [ranker, "proxy"]) {
          for (const network of Object.keys(at(project, name).networks)) {
            assert.equal(project.networks[network]?.internal, true, `${name} on ${network}`);
          }
        }
        const beside = Object.keys(at(project, ranker).networks);
        for (const network of Object.keys(at(project, "tunnel").networks)) {
          assert(!beside.includes(network), `the tunnel on ${network}`);
        }
      }),
  },
  {
    name: "compose: whatever stays comes back by itself, without capabilities and new privileges, by a fixed version",
    needs: [],
    run: () =>
      each((project) => {
        for (const [name, service] of staying(project)) {
          assert.equal(service.restart, "unless-stopped", name);
          assert.deepEqual(service.cap_drop, ["ALL"], name);
          assert.deepEqual(service.security_opt, ["no-new-privileges:true"], name);
          assert.match(service.image ?? "", /:(gpu|cpu|v?\d+\.\d[\w.-]*)$/, name);
        }
      }),
  },
  {
    name: "compose: the proxy opens after the ranker's first ranking, the tunnel after the proxy",
    needs: [],
    run: () =>
      each((project, { ranker }) => {
        const { healthcheck, stop_grace_period, depends_on, deploy } = at(project, ranker);
        if (ranker === "ollama") assert.match(healthcheck?.test.join(" ") ?? "", /ollama run/);
        else assert.deepEqual(healthcheck?.test, ["CMD", "warm"]);
        assert.equal(stop_grace_period, "45s");
        assert.deepEqual(
          Object.values(depends_on).map(({ condition }) => condition),
          ["service_completed_successfully"],
        );
        const devices = deploy?.resources.reservations.devices ?? [];
        assert.equal(devices.length, ranker === "vllm-cpu" ? 0 : 1);
        assert.equal(at(project, "proxy").depends_on[ranker]?.condition, "service_healthy");
        assert.equal(at(project, "tunnel").depends_on["proxy"]?.condition, "service_healthy");
      }),
  },
  {
    name: "compose: each secret reaches those alone who need it",
    needs: [],
    run: () =>
      each((project, { ranker }) => {
        const holders = (value: string) =>
          Object.entries(project.services)
            .filter(([, { environment }]) => Object.values(environment).includes(value))
            .map(([name]) => name)
            .toSorted();
        const ranking = ranker === "ollama" ? [] : [ranker];
        const fetching = { vllm: ["fetch"], "vllm-cpu": ["fetch-cpu"], ollama: [] }[ranker];
        assert.deepEqual(holders(secrets.VLLM_API_KEY), ["proxy", ...ranking]);
        assert.deepEqual(holders(secrets.TUNNEL_TOKEN), ["tunnel"]);
        assert.deepEqual(holders(secrets.HF_TOKEN), fetching);
      }),
  },
  {
    name: "compose: the proxy lets in as many rankings as the preset says",
    needs: [],
    run: async () => {
      for (const preset of presets) {
        const profile = preset.endsWith(".cpu") ? "cpu" : "gpu";
        // oxlint-disable-next-line no-await-in-loop -- one parser at a time on two cores
        const { environment } = at(await load(profile, preset), "proxy");
        assert.equal(environment["PROXY_CONNECTIONS"], readPreset(preset)["PROXY_CONNECTIONS"]);
      }
    },
  },
];
