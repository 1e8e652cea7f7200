// Debian's nginx with the configuration that the GPU machine runs, on loopback.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "./ports.ts";

const template = fileURLToPath(
  new URL("../../gpu-origin/proxy/nginx.conf.template", import.meta.url),
);
const startsWithinMs = 10_000;

export interface ProxySettings {
  /** `host:port` of the ranker. */
  readonly ranker: string;
  readonly apiKey: string;
  /** How many rankings at once. */
  readonly connections: number;
}

export interface Proxy {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** What it has logged: an event for each request, and its errors. */
  log(): string;
  /** As Docker stops it: what runs may end first. */
  stop(): Promise<void>;
}

/** The configuration, its ${NAMES} filled in as envsubst does it in the image. */
export function proxyConfiguration(settings: ProxySettings, port: number, folder: string): string {
  const values: Readonly<Record<string, string>> = {
    RANKER: settings.ranker,
    VLLM_API_KEY: settings.apiKey,
    PROXY_CONNECTIONS: String(settings.connections),
    PROXY_LISTEN: `127.0.0.1:${port}`,
    // Asked for nothing: the tests give the ranker by its address.
    PROXY_RESOLVER: "127.0.0.1",
    PROXY_RUN: folder,
  };
  return readFileSync(template, "utf8").replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`nobody gives the proxy a ${name}`);
    return value;
  });
}

/** Starts nginx, which must be on the PATH, and waits until it listens. */
export async function startProxy(settings: ProxySettings): Promise<Proxy> {
  const folder = mkdtempSync(join(tmpdir(), "proxy-"));
  const port = await freePort();
  const file = join(folder, "nginx.conf");
  writeFileSync(file, proxyConfiguration(settings, port, folder));
  const logFile = join(folder, "log");
  // A file: nginx opens /dev/stdout anew, which a socket does not allow.
  const output = openSync(logFile, "a");
  const nginx = spawn("nginx", ["-p", folder, "-c", file, "-g", "daemon off;"], {
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const ended = once(nginx, "exit");
  const log = () => readFileSync(logFile, "utf8");
  const deadlineMs = Date.now() + startsWithinMs;
  while (!(await listens(port))) {
    if (nginx.exitCode !== null || Date.now() > deadlineMs) {
      nginx.kill("SIGKILL");
      throw new Error(`nginx does not start:\n${log()}`);
    }
    await pause(20);
  }
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    log,
    async stop() {
      nginx.kill("SIGQUIT");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
