// The local stack: the embedded origin, the gateway under `wrangler dev`, and a word when both serve.
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CannotStart } from "./cannot-start.ts";
import { startChild, type Child } from "./child.ts";
import { greeting, type Status } from "./greeting.ts";
import { npmGone } from "./npm-gone.ts";
import { readOptions, usage, type Options } from "./options.ts";
import { assertFree, freePort } from "./port.ts";
import {
  embeddedSettings,
  givenSettings,
  localPepper,
  wranglerVars,
  writeEnvFile,
  type Settings,
} from "./settings.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
const wranglerToml = join(root, "wrangler.toml");
const embedded = join(root, "gpu-origin/embedded/main.ts");
const readyWithinMs = 60_000;
const cronEveryMs = 60_000;

/** Runs the stack until it is asked to stop. Resolves with the exit code. */
export async function start(args: readonly string[]): Promise<number> {
  const stack = new Stack();
  const { promise: asked, resolve: stop } = Promise.withResolvers<0>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop(0));
  void npmGone().then(() => stop(0));
  // A reader that went away, as `| head` does, or a terminal that was closed.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => stop(0));
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
  }
}

class Stack {
  readonly #children: Child[] = [];
  /** Settings, and the state that is not kept; there once the children are. */
  #scratch: string | null = null;
  #stopping = false;
  /** Only then are events shown and losses told: before it and while stopping they are no news. */
  #serving = false;
  /** Its own requests carry it: their events are no news either. */
  readonly #requestId = `npm-start-${randomUUID()}`;

  async serve(options: Options): Promise<never> {
    const startedMs = Date.now();
    if (!existsSync(wrangler)) {
      throw new CannotStart("Dependencies are missing: run npm install first.");
    }
    const given = givenSettings(options, process.env, join(root, ".dev.vars"));
    const set = { ...wranglerVars(wranglerToml), ...given };
    await assertFree(options.port);
    const originPort = "ORIGIN_BASE_URL" in set ? null : await freePort();
    const originUrl = originPort === null ? null : `http://127.0.0.1:${originPort}/v1`;

    const kept = options.persist ? resolve(root, ".wrangler/state") : null;
    if (kept !== null) mkdirSync(kept, { recursive: true });
    const madeUp: Settings = {
      CACHE_PEPPER: localPepper(kept && join(kept, "cache-pepper")),
      ...(originUrl !== null && embeddedSettings(originUrl)),
    };
    const unset = Object.entries(madeUp).filter(([name]) => !(name in set));
    const settings = { ...Object.fromEntries(unset), ...given };

    const url = `http://127.0.0.1:${options.port}`;
    const gateway = this.#startGateway(options.port, settings, kept);
    const origin = originPort === null ? null : this.#startEmbeddedOrigin(originPort);
    await Promise.all([origin && assertOriginReady(origin), this.#assertReady(url, gateway)]);
    const answer = await this.#get(`${url}/v1/status`, AbortSignal.timeout(readyWithinMs));
    const told = greeting((await answer.json()) as Status, {
      url: `http://localhost:${options.port}`,
      embeddedUrl: originUrl,
      geminiKeyGiven: Boolean(set["GEMINI_API_KEY"]),
      tookMs: Date.now() - startedMs,
    });
    console.log(told);
    this.#serving = !this.#stopping;
    const cron = setInterval(() => void this.#runCron(url), cronEveryMs);
    const how = await gateway.ended.finally(() => clearInterval(cron));
    throw new CannotStart(`The gateway stopped by itself (${how}).`);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#serving = false;
    await Promise.all(this.#children.map((child) => child.stop()));
    if (this.#scratch !== null) rmSync(this.#scratch, { recursive: true, force: true });
  }

  /** From the folder to the leash that removes it without a pause: nothing can come between. */
  #startGateway(port: number, settings: Settings, kept: string | null): Child {
    this.#assertWanted();
    const scratch = mkdtempSync(join(tmpdir(), "themerank-"));
    this.#scratch = scratch;
    const envFile = join(scratch, "settings.env");
    writeEnvFile(envFile, settings);
    const args = ["dev", "--config", wranglerToml, "--env=", "--env-file", envFile];
    args.push("--persist-to", kept ?? join(scratch, "state"));
    args.push("--port", String(port), "--ip", "127.0.0.1");
    args.push("--inspector-port", "0", "--show-interactive-dev-session=false");
    const env = {
      ...process.env,
      // Without these two, wrangler asks hosts outside.
      WRANGLER_SEND_METRICS: "false",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      // The file above and nothing else.
      CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: "true",
      CLOUDFLARE_INCLUDE_PROCESS_ENV: "false",
    };
    const onLine = (line: string) => {
      if (!this.#serving || line.includes(this.#requestId)) return;
      // The Worker's own lines and what went wrong; the rest of wrangler's says nothing here.
      const own = /^(?:.* \[WARNING\] )?(\{.*\})$/.exec(line)?.[1];
      if (own !== undefined || /\berror\b/i.test(line)) console.log(own ?? line);
    };
    const gateway = startChild(wrangler, args, { env, onLine, folder: scratch });
    this.#children.push(gateway);
    return gateway;
  }

  #startEmbeddedOrigin(port: number): Child {
    const origin = startChild(embedded, ["--port", String(port)]);
    this.#children.push(origin);
    void origin.ended.then((how) => {
      if (!this.#serving) return;
      console.log(
        `The embedded origin stopped (${how}); the gateway goes on without it. ` +
          `To bring it back: npm run origin -- --port ${port}`,
      );
    });
    return origin;
  }

  async #assertReady(url: string, gateway: Child): Promise<void> {
    const giveUp = new AbortController();
    const late = () => giveUp.abort(` (not ready in ${readyWithinMs / 1_000} s)`);
    const timer = setTimeout(late, readyWithinMs);
    void gateway.ended.then((how) => giveUp.abort(` (${how})`));
    // Wrangler would wait for the source to be mended, and hold our request as long.
    void gateway.line(/\[ERROR\]/).then((line) => line !== null && giveUp.abort(""));
    try {
      while (!giveUp.signal.aborted) {
        const answer = await this.#get(`${url}/readyz`, giveUp.signal).catch(() => null);
        if (answer?.ok) return;
        if (answer?.status === 503) {
          const { detail } = (await answer.json()) as { detail: string };
          throw new CannotStart(detail);
        }
        await wait(100);
      }
    } finally {
      clearTimeout(timer);
    }
    // What it says of the cause is complete when it has ended.
    await gateway.stop();
    const why = String(giveUp.signal.reason);
    throw new CannotStart(`The gateway did not start${why}: ${gateway.complaint()}`);
  }

  /** Under wrangler dev a cron handler runs only when it is asked for. */
  async #runCron(url: string): Promise<void> {
    await this.#get(`${url}/cdn-cgi/local/scheduled`, AbortSignal.timeout(cronEveryMs)).catch(
      () => null,
    );
  }

  #get(url: string, signal: AbortSignal): Promise<Response> {
    return fetch(url, { signal, headers: { "x-request-id": this.#requestId } });
  }

  /** A stack that was asked to stop while it still looked for ports starts nothing more. */
  #assertWanted(): void {
    if (this.#stopping) throw new CannotStart("Stopped.");
  }
}

async function assertOriginReady(origin: Child): Promise<void> {
  if ((await origin.line(/ ready on /)) !== null) return;
  throw new CannotStart(`The embedded origin did not start: ${origin.complaint()}`);
}
