// The bootstrap as a machine would get it: rendered by Terraform for each cloud, and unpacked.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { must } from "../check.ts";
import { copyInfra, work } from "../terraform/roots.ts";

export type Cloud = "aws" | "gcp";

const root = `
module "aws" {
  source      = "../modules/origin-bootstrap"
  cloud       = "aws"
  source_code = { url = "https://git.example.com/themerank.git", commit = "0123456789abcdef0123456789abcdef01234567" }
  preset      = "llama-3.1-8b.a10g"
  secret      = "/themerank/staging/origin-env"
  group       = "themerank-origin-staging"
  location    = "eu-central-1"
  cache_disk  = { path = "/dev/disk/by-id/cache", volume = "vol-0123456789abcdef0" }
  idle_stop_minutes = 60
}
module "gcp" {
  source      = "../modules/origin-bootstrap"
  cloud       = "gcp"
  source_code = { url = "https://git.example.com/themerank.git", commit = "0123456789abcdef0123456789abcdef01234567" }
  preset      = "llama-3.1-8b.t4"
  secret      = "themerank-origin-staging-env"
  group       = "themerank-origin-staging"
  location    = "europe-west4-b"
  cache_disk  = { path = "/dev/disk/by-id/google-cache" }
  idle_stop_minutes = 60
}
output "rendered" {
  value = { aws = module.aws.user_data, gcp = module.gcp.user_data }
}
`;
const outputs = z.object({ rendered: z.object({ value: z.record(z.string(), z.string()) }) });

let rendering: Promise<string> | undefined;

/** Renders once in a run. @returns the folder with aws.yaml and gcp.yaml */
export function rendered(): Promise<string> {
  return (rendering ??= render());
}

async function render(): Promise<string> {
  await copyInfra();
  const cwd = join(work, "render");
  await rm(cwd, { recursive: true, force: true });
  await mkdir(cwd);
  await writeFile(join(cwd, "main.tf"), root);
  await must("terraform", ["init", "-backend=false"], { cwd });
  await must("terraform", ["apply", "-input=false", "-auto-approve"], { cwd });
  const told = await must("terraform", ["output", "-json"], { cwd });
  const { value } = outputs.parse(JSON.parse(told)).rendered;
  for (const [cloud, text] of Object.entries(value)) {
    // oxlint-disable-next-line no-await-in-loop -- two files
    await writeFile(join(cwd, `${cloud}.yaml`), text);
  }
  return cwd;
}
