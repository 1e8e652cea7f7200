// A Worker of its own behind the fault proxies: what it answers, what it says of itself, whom it calls.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, inject, vi } from "vitest";
import { rankAnswer, statusAnswer } from "../../../gateway/edge/answer-schema.ts";
import worker from "../../../gateway/index.ts";
import { freshText, life } from "../../contract/service.ts";
import { FakeControl, named } from "../../contract/support.ts";
import type { ProxyFault } from "../../support/fault-proxy.ts";
import type { Fault } from "../../support/fault.ts";

/** Both take an upstream's place: below HTTP, or as the upstream itself. */
export type Strike = { readonly proxy: ProxyFault } | { readonly fake: Fault };

/** An upstream behind its proxy. */
class Upstream {
  readonly #fake: FakeControl;
  readonly #proxy: string;

  constructor(fake: string, proxy: { control: string }) {
    this.#fake = new FakeControl(fake);
    this.#proxy = proxy.control;
  }

  async strike(strike: Strike): Promise<void> {
    if ("fake" in strike) await this.#fake.break(strike.fake);
    else await realFetch(this.#proxy, { method: "PUT", body: JSON.stringify(strike.proxy) });
  }

  async heal(): Promise<void> {
    await Promise.all([
      this.#fake.reset(),
      realFetch(this.#proxy, { method: "PUT", body: "null" }),
    ]);
  }
}

const realFetch = globalThis.fetch;
const proxies = [inject("vllmProxy").url, inject("geminiProxy").url];
export const origin = new Upstream(inject("vllm"), inject("vllmProxy"));
let place = 0;

/** From here on the origin has another name. */
export const moveOn = () => void (place += 1);
const address = (server = 0) => named(inject("vllmProxy").url, `${place}-${server}`);
export const fourServers = () => [0, 1, 2, 3].map(address).join(",");

export const gemini = new Upstream(inject("gemini"), inject("geminiProxy"));

/** A call that the Worker began. A probe is a ranking of one theme, which no request here asks for. */
export interface Call {
  readonly upstream: "origin" | "gemini";
  readonly probe: boolean;
}

/** What the Worker calls and says, from `watch` on until mocks are restored. */
export class Watch {
  calls: Call[] = [];
  events: Record<string, unknown>[] = [];
  alarms: Record<string, unknown>[] = [];
  #pending = 0;

  constructor() {
    vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => this.#fetch(input, init));
    vi.spyOn(console, "log").mockImplementation((line: string) => {
      this.events.push(JSON.parse(line) as Record<string, unknown>);
    });
    vi.spyOn(console, "warn").mockImplementation((line: string) => {
      this.alarms.push(JSON.parse(line) as Record<string, unknown>);
    });
  }

  forget(): void {
    this.calls = [];
    this.events = [];
    this.alarms = [];
  }

  /** Until nothing is under way: probes run beside the answers. */
  async settled(): Promise<void> {
    await expect.poll(() => this.#pending, { interval: 5, timeout: 20_000 }).toBe(0);
  }

  async #fetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    // As it goes out: an address may be written in many ways.
    const url = new URL(input instanceof Request ? input.url : String(input)).href;
    const upstream = proxies.findIndex((proxy) => url.startsWith(proxy));
    if (upstream < 0) return realFetch(input, init);
    const body = typeof init?.body === "string" ? (JSON.parse(init.body) as object) : {};
    const probe = "prompt" in body && (body.prompt as string[]).length === 1;
    this.calls.push({ upstream: upstream === 0 ? "origin" : "gemini", probe });
    this.#pending += 1;
    try {
      return await realFetch(input, init);
    } finally {
      this.#pending -= 1;
    }
  }
}

/** Knows nothing but what is shared. Its circuit works, unlike that of the other contract suites. */
export class Isolate {
  readonly #env: Env;

  constructor(settings: object = {}) {
    const upstreams = { ORIGIN_BASE_URL: address(), GEMINI_BASE_URL: proxies[1] };
    this.#env = { ...env, BREAKER: "auto", ...upstreams, ...settings } as Env;
  }

  async send(path: string, body?: object): Promise<Response> {
    const context = createExecutionContext();
    const request = new Request(`https://themerank.test${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const typed = request as Request<unknown, IncomingRequestCfProperties>;
    const response = await worker.fetch(typed, this.#env, context);
    await waitOnExecutionContext(context);
    return response;
  }

  ask(body: object = {}, path = "/v1/rank"): Promise<Response> {
    return this.send(path, { text: freshText(), themes: life, ...body });
  }

  /** A request that must be answered. */
  async rank(body: object = {}) {
    const response = await this.ask(body);
    expect(response.status).toBe(200);
    return rankAnswer.parse(await response.json());
  }

  async origin() {
    const status = statusAnswer.parse(await (await this.send("/v1/status")).json());
    return status.rankers.find(({ source }) => source === "origin") ?? expect.fail("no origin");
  }
}
