// `npm run secrets`: makes and hands over the secrets between gateway, Cloudflare and GPU machine, past Terraform's state.
//   access --env NAME                                       before `terraform apply`: the token that Access asks for
//   origin --env NAME --to aws|gcp|home [--rotate] [-- COMMAND]   after it: the machine's key and tunnel token
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { cloudflare, type Cloudflare } from "./cloudflare.ts";
import { places, storeOf, type Place } from "./store.ts";

const usage = `npm run secrets -- access --env NAME
npm run secrets -- origin --env NAME --to aws|gcp|home [--rotate] [-- COMMAND]

  access     makes the Access service token that infra/modules/edge names, unless it is there
  origin     writes the origin's key and the tunnel's token to where its machine reads them, and runs
             COMMAND with ORIGIN_API_KEY, ORIGIN_ACCESS_CLIENT_ID and ORIGIN_ACCESS_CLIENT_SECRET set:
             npm run secrets -- origin --env staging --to aws -- npm run deploy -- --env staging
  --rotate   a new key for the origin; without it the stored one stays

CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID are read from the environment. No secret is printed.`;

class Misused extends Error {}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`secrets: ${error instanceof Error ? error.message : String(error)}`);
  return error instanceof Misused ? 2 : 1;
});

async function main(args: readonly string[]): Promise<number> {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const { command, env, to, rotate } = read(args.slice(0, end));
  const name = `themerank-${env}`;
  const api = cloudflare({
    accountId: needed("CLOUDFLARE_ACCOUNT_ID"),
    token: needed("CLOUDFLARE_API_TOKEN"),
    // The name that wrangler reads too.
    baseUrl: process.env["CLOUDFLARE_API_BASE_URL"] || "https://api.cloudflare.com/client/v4",
    nowMs: Date.now,
  });
  if (command === "access") {
    const isNew = await api.makeServiceToken(name);
    console.log(`Access service token ${name}: ${isNew ? "made" : "was there"}`);
    return 0;
  }
  const key = await handOver({ api, name, env, to, rotate });
  const next = args.slice(end + 1);
  return next.length === 0 ? 0 : runWith(next, api, name, key);
}

function read(args: readonly string[]) {
  const { values, positionals } = parse(args);
  const [command, ...rest] = positionals;
  if ((command !== "access" && command !== "origin") || rest.length > 0) throw new Misused(usage);
  const { env = "", to = "", rotate = false } = values;
  if (env !== "staging" && env !== "production")
    throw new Misused("--env staging or --env production");
  const place = places.find((each) => each === to);
  if (command === "origin" && place === undefined) throw new Misused("--to aws, gcp or home");
  return { command, env, to: place ?? "home", rotate } as const;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { env: { type: "string" }, to: { type: "string" }, rotate: { type: "boolean" } },
    });
  } catch (error) {
    throw new Misused(error instanceof Error ? error.message : usage, { cause: error });
  }
}

function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Misused(`${name} is not set`);
  return value;
}

/** Writes what the machine needs to its store, leaving other lines as they are. @returns the origin's key */
async function handOver(order: {
  readonly api: Cloudflare;
  readonly name: string;
  readonly env: string;
  readonly to: Place;
  readonly rotate: boolean;
}): Promise<string> {
  const { api, name, env, to, rotate } = order;
  const store = storeOf(to, env);
  const before = (await store.read()) ?? "";
  const tunnelToken = await api.tunnelToken(name);
  const kept = /^VLLM_API_KEY=(.+)$/m.exec(before)?.[1];
  const key = rotate || kept === undefined ? randomBytes(32).toString("hex") : kept;
  const others = before
    .split("\n")
    .filter((line) => line !== "" && !/^(VLLM_API_KEY|TUNNEL_TOKEN)=/.test(line));
  const lines = [`VLLM_API_KEY=${key}`, `TUNNEL_TOKEN=${tunnelToken}`, ...others];
  await store.write(`${lines.join("\n")}\n`);
  console.log(
    `origin of ${env}: ${key === kept ? "the stored key" : "a new key"} and the tunnel's token are in place (${to})`,
  );
  return key;
}

/** Runs a command that needs the gateway's side of it; nothing is written down on the way. */
async function runWith(command: readonly string[], api: Cloudflare, name: string, key: string) {
  const { clientId, clientSecret } = await api.rotateServiceToken(name);
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    stdio: "inherit",
    env: {
      ...process.env,
      ORIGIN_API_KEY: key,
      ORIGIN_ACCESS_CLIENT_ID: clientId,
      ORIGIN_ACCESS_CLIENT_SECRET: clientSecret,
    },
  });
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 1;
}
