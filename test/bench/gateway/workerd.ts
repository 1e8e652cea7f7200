// The production bundle under plain workerd, with a KV beside it in a process of its own, as on
// Cloudflare: what a process uses is the Worker's.
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

/** A KV elsewhere, in place of the one that answers at once. */
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
 * @param isGateway whether it has the gateway's other bindings: KV, limits, budgets; what those two
 *   count is counted elsewhere on Cloudflare, and not at all here. Not Analytics Engine: what is a
 *   buffer on Cloudflare would be a request to another Worker here.
 * @param store the gateway's KV; without one it gets its own
 */
export async function startWorkerd(
  folder: string,
  vars: Readonly<Record<string, string>>,
  isGateway: boolean,
  store?: Store,
): Promise<Server> {
  const bindings = Object.entries(vars).map(
    ([name, value]) => `(name = ${text(name)}, text = ${text(value)})`,
  );
  const main =
    readdirSync(folder).find((name) => name.endsWith(".js") && !besides.has(name)) ?? "index.js";
  if (!isGateway) return serve(folder, worker(main, bindings));

  const kv = store === undefined ? await startKv(folder) : null;
  const address = store?.address ?? kv?.url.replace("http://", "") ?? "";
  const told =
    store === undefined
      ? ""
      : `injectRequestHeaders = [(name = "x-gateway", value = ${text(store.reader)})]`;
  writeFileSync(join(folder, "tenants.js"), tenantsWorker);
  bindings.push(
    '(name = "CACHE", kvNamespace = "kv")',
    '(name = "STATE", kvNamespace = "kv")',
    '(name = "RATE_LIMITER", service = (name = "tenants", entrypoint = "Limits"))',
    '(name = "BUDGET", service = (name = "tenants", entrypoint = "Budgets"))',
  );
  const gateway = await serve(folder, worker(main, bindings), [
    `(name = "kv", external = (address = ${text(address)}, http = (${told})))`,
    `(name = "tenants", worker = ${worker("tenants.js")})`,
  ]);
  return {
    ...gateway,
    async stop() {
      await gateway.stop();
      await kv?.stop();
    },
  };
}

function startKv(folder: string): Promise<Server> {
  writeFileSync(join(folder, "kv.js"), kvWorker);
  return serve(folder, worker("kv.js"));
}

/** Workers that are not the one measured. */
const besides = new Set(["kv.js", "tenants.js"]);

const text = (value: string) => JSON.stringify(value);

/** A Worker of one module, as workerd's configuration has it. */
const worker = (main: string, bindings: readonly string[] = []) => `(
  modules = [(name = ${text(main)}, esModule = embed ${text(main)})],
  compatibilityDate = ${text(compatibilityDate)},
  bindings = [${bindings.join(", ")}],
)`;

/** Starts workerd; resolves when it answers. */
async function serve(
  folder: string,
  main: string,
  services: readonly string[] = [],
): Promise<Server> {
  const port = await freePort();
  const config = join(folder, `config-${port}.capnp`);
  const all = [
    `(name = "main", worker = ${main})`,
    '(name = "internet", network = (allow = ["local", "private", "public"]))',
    ...services,
  ];
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${all.join(",\n")}],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
  );
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

/** Workers KV's own protocol towards a namespace, in memory. */
const kvWorker = `
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
`;

/** What bounds a tenant, without counting. */
const tenantsWorker = `
import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
export class Limits extends WorkerEntrypoint {
  limit() { return { success: true }; }
}
class Budget extends RpcTarget {
  lease() { return { calls: 10, spent: null }; }
  post() {}
}
export class Budgets extends WorkerEntrypoint {
  getByName() { return new Budget(); }
}
export default { fetch: () => new Response(null, { status: 404 }) };
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
