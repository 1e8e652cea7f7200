// What is deployed where: wrangler.toml, with Terraform's outputs put in, as a file for wrangler.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parse, TomlError } from "smol-toml";
import { z } from "zod";
import { configFile, resolvedFile, root, wranglerToml } from "../keys/config-file.ts";
import { CannotDeploy } from "./cannot-deploy.ts";
import type { Outputs } from "./terraform.ts";

const namespace = z.looseObject({ binding: z.string(), id: z.string().optional() });

const environment = z.looseObject({
  name: z.string().optional(),
  vars: z.record(z.string(), z.unknown()).default({}),
  kv_namespaces: z.array(namespace).default([]),
});

const configuration = environment.extend({
  name: z.string(),
  main: z.string(),
  assets: z.looseObject({ directory: z.string() }).optional(),
  env: z.record(z.string(), environment).default({}),
});

type Environment = z.output<typeof environment>;

export interface Target {
  readonly env: string | null;
  readonly worker: string;
  readonly vars: Readonly<Record<string, unknown>>;
  readonly namespaces: readonly z.output<typeof namespace>[];
  /** Where callers reach it, from Terraform; null = wrangler knows. */
  readonly url: string | null;
  /** For every command of wrangler: which file, and which environment in it. */
  readonly flags: readonly string[];
  /** The whole of what wrangler reads. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * @param toml the text of wrangler.toml
 * @param outputs null = KV and address are wrangler's own
 * @throws CannotDeploy for an environment that is not there
 */
export function resolveTarget(toml: string, env: string | null, outputs: Outputs | null): Target {
  const { env: all, ...top } = configuration.parse(read(toml));
  // Paths in the file are from its own folder.
  const moved = (path: string) => relative(dirname(resolvedFile(env)), join(root, path));
  const { assets } = top;
  const paths = {
    main: moved(top.main),
    ...(assets && { assets: { ...assets, directory: moved(assets.directory) } }),
  };
  if (env === null) {
    // The default environment is for local work; what is deployed asks for keys.
    const vars = { ...top.vars, AUTH_MODE: "required" };
    return target(null, top.name, { ...top, ...paths, vars }, { ...top, vars }, null);
  }
  const section = all[env];
  if (section === undefined) {
    throw new CannotDeploy(`wrangler.toml has ${Object.keys(all).join(", ")}; no ${env}.`);
  }
  const own = outputs === null ? section : { ...section, ...ofTerraform(section, outputs) };
  const worker = own.name ?? `${top.name}-${env}`;
  return target(env, worker, { ...top, ...paths, env: { [env]: own } }, own, hostOf(outputs));
}

/** The same with these namespaces' ids. */
export function withNamespaceIds(before: Target, ids: Readonly<Record<string, string>>): Target {
  const { env, worker, url } = before;
  const { env: all, ...top } = configuration.parse(before.config);
  const section: Environment = (env === null ? undefined : all[env]) ?? top;
  const own = {
    ...section,
    kv_namespaces: section.kv_namespaces.map((each) => {
      const id = each.id ?? ids[each.binding];
      return id === undefined ? each : { ...each, id };
    }),
  };
  const config = env === null ? own : { ...top, env: { [env]: own } };
  return target(env, worker, config, own, url);
}

/** Writes the file that `flags` name. */
export function writeConfig({ env, config }: Target): void {
  const file = resolvedFile(env);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
}

/** For commands about what was deployed before, from here or from elsewhere. */
export function deployedFlags(env: string | null): readonly string[] {
  return ["--config", configFile(env), `--env=${env ?? ""}`];
}

export function readWranglerToml(): string {
  return readFileSync(wranglerToml, "utf8");
}

function target(
  env: string | null,
  worker: string,
  config: Readonly<Record<string, unknown>>,
  own: Environment,
  url: string | null,
): Target {
  const flags = ["--config", resolvedFile(env), `--env=${env ?? ""}`];
  return { env, worker, vars: own.vars, namespaces: own.kv_namespaces, url, flags, config };
}

function ofTerraform(section: Environment, outputs: Outputs): Environment {
  return {
    name: outputs.worker_name,
    account_id: outputs.account_id,
    vars: { ...section.vars, ...outputs.vars },
    kv_namespaces: section.kv_namespaces.map((each) => {
      const id = outputs.kv[each.binding];
      if (id !== undefined) return { ...each, id };
      throw new CannotDeploy(`Terraform's output kv has no id for ${each.binding}.`);
    }),
    ...(outputs.routes.length > 0 && { routes: outputs.routes }),
  };
}

/** `api.example.com/*` and `api.example.com` are both https://api.example.com. */
function hostOf(outputs: Outputs | null): string | null {
  const host = outputs?.routes.map(({ pattern }) => pattern.split("/")[0] ?? "").find(isHost);
  return host === undefined ? null : `https://${host}`;
}

const isHost = (text: string) => text !== "" && !text.includes("*");

function read(toml: string): unknown {
  try {
    return parse(toml);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what] = error.message.split("\n");
    throw new CannotDeploy(`wrangler.toml:${error.line}:${error.column}: ${what}.`);
  }
}
