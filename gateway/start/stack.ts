// The local stack: the embedded origin, the gateway under `wrangler dev`, and a word when both serve.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CannotStart } from "./cannot-start.ts";
import { startChild, type Child } from "./child.ts";
import { greeting } from "./greeting.ts";
import { readOptions, usage, type Options } from "./options.ts";
import { assertFree, freePort } from "./port.ts";
import { embeddedSettings, givenSettings, localPepper, writeEnvFile } from "./settings.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
const embedded = join(root, "gpu-origin/embedded/main.ts");
const readyWithinMs = 60_000;

/** Runs the stack until it is asked to stop. Resolves with the exit code. */
export async function start(args: readonly string[]): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), "themerank-"));
  const stack = new Stack(scratch);
  const { promise: asked, resolve: stop } = Promise.withResolvers<0>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop(0));
  try {
    const options = readOptions(args);
    if (options.help) {
      console.log(usage);
      return 0;
    }
    return await Promise.race([stack.serve(options), asked]);
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    await stack.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

class Stack {
  readonly #scratch: string;
  readonly #children: Child[] = [];
  /** Only then are events shown and losses told: before it and while stopping they are no news. */
  #serving = false;

  constructor(scratch: string) {
    this.#scratch = scratch;
  }

  async serve(options: Options): Promise<never> {
    const startedMs = Date.now();
    if (!existsSync(wrangler)) {
      throw new CannotStart("Dependencies are missing: run npm install first.");
    }
    await assertFree(options.port);

    const kept = options.persist ? resolve(root, ".wrangler/state") : null;
    if (kept !== null) mkdirSync(kept, { recursive: true });
    const given = givenSettings(options, join(root, ".dev.vars"));
    const originPort = given["ORIGIN_BASE_URL"] === undefined ? await freePort() : null;
    const originUrl = originPort === null ? null : `http://127.0.0.1:${originPort}/v1`;
    const envFile = join(this.#scratch, "settings.env");
    writeEnvFile(envFile, {
      CACHE_PEPPER: localPepper(kept && join(kept, "cache-pepper")),
      ...(originUrl !== null && embeddedSettings(originUrl)),
      ...given,
    });

    const address = `http://127.0.0.1:${options.port}`;
    const gateway = this.#startGateway(options.port, envFile, kept ?? join(this.#scratch, "state"));
    await Promise.all([
      originPort === null ? null : this.#startEmbeddedOrigin(originPort),
      assertReady(address, gateway),
    ]);
    this.#serving = true;
    const tookMs = Date.now() - startedMs;
    console.log(await greeting(`http://localhost:${options.port}`, address, originUrl, tookMs));
    const how = await gateway.ended;
    throw new CannotStart(`The gateway stopped by itself (${how}).`);
  }

  async stop(): Promise<void> {
    this.#serving = false;
    await Promise.all(this.#children.map((child) => child.stop()));
  }

  #startGateway(port: number, envFile: string, state: string): Child {
    const args = ["dev", "--config", join(root, "wrangler.toml"), "--env-file", envFile];
    args.push("--persist-to", state, "--port", String(port), "--ip", "127.0.0.1");
    args.push("--inspector-port", "0", "--show-interactive-dev-session=false");
    // Without these two, wrangler asks hosts outside.
    const quiet = { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };
    const gateway = startChild(wrangler, args, { ...process.env, ...quiet }, (line) => {
      // The Worker's own events and what went wrong; the rest of wrangler's lines says nothing here.
      if ((this.#serving && line.startsWith("{")) || /\berror\b/i.test(line)) console.log(line);
    });
    this.#children.push(gateway);
    return gateway;
  }

  async #startEmbeddedOrigin(port: number): Promise<void> {
    let last = "";
    const origin = startChild(embedded, ["--port", String(port)], process.env, (line) => {
      last = line;
    });
    this.#children.push(origin);
    if ((await origin.line(/ ready on /)) === null) {
      throw new CannotStart(`The embedded origin did not start: ${last}`);
    }
    void origin.ended.then((how) => {
      if (!this.#serving) return;
      console.log(
        `The embedded origin stopped (${how}); the gateway goes on without it. ` +
          `To bring it back: npm run origin -- --port ${port}`,
      );
    });
  }
}

async function assertReady(url: string, gateway: Child): Promise<void> {
  const untilMs = Date.now() + readyWithinMs;
  let over: string | null = null;
  void gateway.ended.then((how) => (over = how));
  while (over === null && Date.now() < untilMs) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    if (answer?.status === 503) {
      const { detail } = (await answer.json()) as { detail: string };
      throw new CannotStart(detail);
    }
    await wait(100);
  }
  const why = over ?? `not ready in ${readyWithinMs / 1_000} s`;
  throw new CannotStart(`The gateway did not start (${why}).`);
}
