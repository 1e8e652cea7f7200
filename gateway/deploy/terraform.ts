// What Terraform made, as the deploy needs it: the outputs of infra/environments/<name>.
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { root } from "../keys/config-file.ts";
import { CannotDeploy } from "./cannot-deploy.ts";

const run = promisify(execFile);

const strings = z.record(z.string(), z.string());
const route = z.looseObject({ pattern: z.string(), custom_domain: z.boolean().optional() });

const wranglerOutput = z.object({
  account_id: z.string(),
  worker_name: z.string(),
  /** Namespace ids by binding. */
  kv: strings,
  routes: z.array(route).default([]),
  vars: strings.default({}),
  /** Names of secrets that the Worker needs. */
  secrets: z.array(z.string()).default([]),
});

export type Outputs = z.output<typeof wranglerOutput>;

/**
 * @param file what `terraform output -json wrangler` printed; null = ask Terraform, or OpenTofu, itself
 * @throws CannotDeploy saying which output is wrong; never a value
 */
export async function readOutputs(env: string, file: string | null): Promise<Outputs> {
  const read = wranglerOutput.safeParse(file === null ? await ask(env) : open(file));
  if (read.success) return read.data;
  const [first] = read.error.issues;
  const where = ["wrangler", ...(first?.path ?? [])].join(".");
  throw new CannotDeploy(`Terraform's output ${where} cannot be used: ${first?.message}.`);
}

async function ask(env: string): Promise<unknown> {
  const folder = join(root, "infra/environments", env);
  if (!existsSync(folder)) throw new CannotDeploy(`There is no folder infra/environments/${env}.`);
  for (const program of ["terraform", "tofu"]) {
    try {
      const { stdout } = await run(program, [`-chdir=${folder}`, "output", "-json", "wrangler"]);
      return JSON.parse(stdout);
    } catch (error) {
      const { code, stderr = "" } = error as { code?: unknown; stderr?: string };
      if (code === "ENOENT") continue;
      throw new CannotDeploy(`${program} output failed:\n${stderr.trim()}`);
    }
  }
  throw new CannotDeploy(
    "Neither terraform nor tofu is installed here: give --outputs FILE, or --outputs none.",
  );
}

function open(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new CannotDeploy(`${file} cannot be read as JSON.`);
  }
}
