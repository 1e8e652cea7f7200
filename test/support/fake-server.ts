// A loopback HTTP server that records what it was asked and can be made to fail.
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { applyFault, jsonAnswer } from "./fault.ts";
import type { Answer, Fault } from "./fault.ts";

export interface RecordedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON body; the text where it is no JSON; null where there is none. */
  body: unknown;
  /** The client left before it had the whole answer. */
  aborted: boolean;
  /** When the answer was over, one way or another, on the clock of `performance`; null = not yet. */
  endedMs: number | null;
}

/**
 * Answers at 127.0.0.1 what `answer` says, or fails as `fault` says. Its own address `/__fake` is
 * for tests that run in another runtime: GET -> {requests, counts}; PUT a Fault or null; DELETE
 * forgets requests and fault. Calls there are not recorded.
 */
export abstract class FakeServer {
  /** In the order of arrival. */
  readonly requests: RecordedRequest[] = [];
  #fault: Fault | null = null;
  #faultSeen = 0;
  #port = 0;
  #server: Server | null = null;
  /** Connections this side cut itself: their end is no client's abort. */
  readonly #cut = new WeakSet<ServerResponse>();

  /** The true answer to a request whose body has arrived. */
  protected abstract answer(request: RecordedRequest): Answer;

  get port(): number {
    return this.#port;
  }

  /** `http://127.0.0.1:PORT` */
  get baseUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get fault(): Fault | null {
    return this.#fault;
  }

  set fault(fault: Fault | null) {
    this.#fault = fault;
    this.#faultSeen = 0;
  }

  /** Requests by path. */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { path } of this.requests) counts[path] = (counts[path] ?? 0) + 1;
    return counts;
  }

  /** Forgets the requests and the fault. */
  reset(): void {
    this.requests.length = 0;
    this.fault = null;
  }

  /** Listens on `port`, 0 = any free one. */
  async start(port = 0): Promise<this> {
    const server = createServer((req, res) => void this.#serve(req, res));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  /** Goes down: open connections are cut, new ones refused. The port is kept for `restart`. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const res of this.#open) this.#cut.add(res);
    server.closeAllConnections();
    await closed;
  }

  /** Comes back at the same port. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start(this.#port);
  }

  /** The same as `stop`: nothing of it is left to keep the process alive. */
  async close(): Promise<void> {
    await this.stop();
  }

  readonly #open = new Set<ServerResponse>();

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [path = "/", query = ""] = (req.url ?? "/").split("?", 2);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(req.headers)) headers[name] = String(value);
    const method = req.method ?? "GET";
    const arrived = { method, path, query, headers };
    const request: RecordedRequest = { ...arrived, body: null, aborted: false, endedMs: null };
    const control = path === "/__fake";
    if (!control) this.requests.push(request);
    this.#open.add(res);
    res.once("close", () => {
      this.#open.delete(res);
      request.aborted = !res.writableFinished && !this.#cut.has(res);
      request.endedMs = performance.now();
    });
    try {
      request.body = await readBody(req);
    } catch {
      return; // the client left while sending
    }
    if (control) return applyFault(res, null, this.#control(request));
    const fault = this.#strike(path);
    const resets = fault?.kind === "stream" && fault.ending === "reset";
    if (resets || fault?.kind === "reset" || fault?.kind === "reset_mid_body") this.#cut.add(res);
    applyFault(res, fault, this.answer(request));
  }

  /** The fault this request meets; counts down `times` and `every`. */
  #strike(path: string): Fault | null {
    const fault = this.#fault;
    if (fault === null || (fault.path !== undefined && !path.endsWith(fault.path))) return null;
    this.#faultSeen++;
    if (this.#faultSeen % (fault.every ?? 1) !== 0) return null;
    const strikes = this.#faultSeen / (fault.every ?? 1);
    return strikes > (fault.times ?? Infinity) ? null : fault;
  }

  #control({ method, body }: RecordedRequest): Answer {
    if (method === "PUT") this.fault = body as Fault | null;
    if (method === "DELETE") this.reset();
    return jsonAnswer(200, { requests: this.requests, counts: this.counts });
  }
}

async function readBody(req: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of req) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString("utf8");
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
