// The production bundle under plain workerd, with a KV beside it: what runs on Cloudflare, less its network.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../support/ports.ts";

const require = createRequire(import.meta.url);
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const compatibilityDate = "2026-11-15";

/** Bundles a Worker as a deployment does; returns the folder that holds `NAME.js`. */
export function bundle(entry: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  execFileSync(
    process.execPath,
    [
      join(require.resolve("wrangler/package.json"), "../bin/wrangler.js"),
      "deploy",
      entry,
      "--dry-run",
      "--outdir",
      folder,
      "--compatibility-date",
      compatibilityDate,
      ...(entry.endsWith("gateway/index.ts")
        ? []
        : ["--name", "contender", "--config", here("contender.toml")]),
    ],
    { stdio: "pipe", env: { ...process.env, WRANGLER_SEND_METRICS: "false" } },
  );
  return folder;
}

export interface Server {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A KV elsewhere, in place of the one that is always there at once. */
export interface Store {
  /** `host:port`, where Workers KV's own protocol is spoken over HTTP. */
  readonly address: string;
  /** Who asks, as the header `x-gateway` of each request says. */
  readonly reader: string;
}

/**
 * Starts workerd with one Worker.
 * @param folder what `bundle` wrote
 * @param vars its text bindings
 * @param isGateway whether it has the gateway's other bindings: KV, limits, budget. Not Analytics
 *   Engine: what is a buffer on Cloudflare would be a request to another Worker here.
 * @param store the gateway's KV, where it is not in the same process
 */
export async function startWorkerd(
  folder: string,
  vars: Readonly<Record<string, string>>,
  isGateway: boolean,
  store?: Store,
): Promise<Server> {
  const port = await freePort();
  const main =
    readdirSync(folder).find((name) => name.endsWith(".js") && name !== "kv.js") ?? "index.js";
  const text = (value: string) => JSON.stringify(value);
  const bindings = Object.entries(vars).map(
    ([name, value]) => `(name = ${text(name)}, text = ${text(value)})`,
  );
  const kv = store === undefined ? "kv" : "store";
  const elsewhere =
    store === undefined
      ? ""
      : `(name = "store", external = (address = ${text(store.address)}, http = (injectRequestHeaders = [(name = "x-gateway", value = ${text(store.reader)})]))),`;
  if (isGateway) {
    bindings.push(
      `(name = "CACHE", kvNamespace = "${kv}")`,
      `(name = "STATE", kvNamespace = "${kv}")`,
      '(name = "RATE_LIMITER", service = (name = "kv", entrypoint = "Limits"))',
      '(name = "BUDGET", durableObjectNamespace = "Budget")',
    );
  }
  const objects = isGateway
    ? `durableObjectNamespaces = [(className = "Budget", uniqueKey = "budget", enableSql = true)],
  durableObjectStorage = (inMemory = void),`
    : "";
  const config = join(folder, `config-${port}.capnp`);
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "kv", worker = .kv),
    ${elsewhere}
    (name = "internet", network = (allow = ["local", "private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed ${text(main)})],
  compatibilityDate = ${text(compatibilityDate)},
  bindings = [${bindings.join(", ")}],
  ${objects}
);
const kv :Workerd.Worker = (
  modules = [(name = "kv.js", esModule = embed "kv.js")],
  compatibilityDate = ${text(compatibilityDate)},
);
`,
  );
  writeFileSync(join(folder, "kv.js"), kvWorker);
  const child = spawn(join(require.resolve("workerd/package.json"), "../bin/workerd"), [
    "serve",
    config,
  ]);
  const url = `http://127.0.0.1:${port}`;
  await answers(child, url);
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await ended;
    },
  };
}

/** Workers KV's own protocol towards a namespace, in memory; and bindings that count nothing. */
const kvWorker = `
import { WorkerEntrypoint } from "cloudflare:workers";
const kept = new Map();
export default {
  async fetch(request) {
    const url = new URL(request.url);
    const key = decodeURIComponent(url.pathname.slice(1));
    if (request.method === "PUT") {
      kept.set(key, await request.arrayBuffer());
      return new Response(null);
    }
    const value = kept.get(key);
    return value === undefined ? new Response(null, { status: 404 }) : new Response(value);
  },
};
export class Limits extends WorkerEntrypoint {
  limit() { return { success: true }; }
}
`;

async function answers(child: ChildProcess, url: string): Promise<void> {
  let complaint = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-4_000);
  });
  child.stdout?.resume();
  for (let tries = 0; tries < 100; tries += 1) {
    if (child.exitCode !== null) throw new Error(`workerd ended: ${complaint}`);
    // oxlint-disable-next-line no-await-in-loop -- one try after another
    const there = await fetch(url).then(
      () => true,
      () => false,
    );
    if (there) return;
    // oxlint-disable-next-line no-await-in-loop -- as above
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`workerd did not answer: ${complaint}`);
}
