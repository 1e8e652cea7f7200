// Compose files as compose itself reads them: by Docker's plugin, else by its own parser, built from source.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { must, NotRun, ran } from "../check.ts";
import { home } from "../tools.ts";

const folder = fileURLToPath(new URL("../../../gpu-origin/", import.meta.url));
const source = fileURLToPath(new URL("compose/", import.meta.url));

const service = z.looseObject({
  image: z.string().optional(),
  restart: z.string().optional(),
  profiles: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  networks: z.record(z.string(), z.unknown()).default({}),
  ports: z.array(z.looseObject({ host_ip: z.string().optional() })).default([]),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  stop_grace_period: z.string().optional(),
  volumes: z
    .array(z.looseObject({ type: z.string(), source: z.string(), target: z.string() }))
    .default([]),
  deploy: z
    .looseObject({
      resources: z.looseObject({
        reservations: z.looseObject({
          devices: z.array(z.looseObject({ capabilities: z.array(z.string()) })),
        }),
      }),
    })
    .optional(),
  depends_on: z.record(z.string(), z.looseObject({ condition: z.string() })).default({}),
});
export type Service = z.infer<typeof service>;

const project = z.looseObject({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.looseObject({ internal: z.boolean().optional() })),
});
export type Project = z.infer<typeof project>;

/** @param settings as in gpu-origin/.env; COMPOSE_PROFILES decides what is in the answer */
export async function composeProject(
  files: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<Project> {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], ...settings };
  const paths = files.map((file) => join(folder, file));
  const plugin = await ran("docker", ["compose", "version"]).catch(() => null);
  const json =
    plugin?.status === 0
      ? await must(
          "docker",
          ["compose", ...paths.flatMap((path) => ["-f", path]), "config", "--format", "json"],
          { env },
        )
      : await must(await parser(), paths, { env });
  return project.parse(JSON.parse(json));
}

/** Builds compose's parser once, in some 20 s; every module by the checksums of go.sum. */
async function parser(): Promise<string> {
  const program = join(home, "bin/compose-load");
  if (existsSync(program)) return program;
  const go = await ran("go", ["version"]).catch(() => null);
  if (go?.status !== 0) throw new NotRun("neither Docker's compose plugin nor Go on this machine");
  const built = await ran("go", ["build", "-trimpath", "-o", program, "."], { cwd: source });
  if (built.status !== 0) {
    if (/dial tcp|no such host|proxyconnect|timeout/.test(built.output)) {
      throw new NotRun("Go's module proxy cannot be reached");
    }
    throw new Error(built.output);
  }
  return program;
}
