// A loopback TCP proxy that breaks what passes through it: faults below HTTP, where a fake cannot make them.
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** What becomes of connections, open ones too. `afterBytes` counts the answer, headers included. */
export type ProxyFault =
  /** Nobody listens; what is open is reset. */
  | { readonly kind: "refuse" }
  /** Accepted, and nothing is ever sent on or answered. */
  | { readonly kind: "hang" }
  /** So much of the answer, then silence on an open connection. */
  | { readonly kind: "stall"; readonly afterBytes: number }
  /** The answer at this pace, headers included. */
  | { readonly kind: "drip"; readonly bytesPerSecond: number }
  /** So much of the answer, then a reset. */
  | { readonly kind: "reset"; readonly afterBytes: number }
  /** So much of the answer, then an orderly end that is too early. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** The answer, so much later. */
  | { readonly kind: "delay"; readonly ms: number };

/** Enough for headers and the beginning of a body. */
export const midBody = 600;
/** On loopback, for the client to have read what came before a reset. */
const resetAfterMs = 25;

/**
 * Stands at `port` before the server at `target`. From another runtime it is steered at `control`:
 * PUT a ProxyFault or null; GET -> {requests}.
 */
export class FaultProxy {
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  /** Callers that met a fault: what they wait for never comes. */
  readonly #struck = new Set<Socket>();
  readonly #control = createHttpServer((req, res) => {
    const parts: Buffer[] = [];
    req.on("data", (part: Buffer) => parts.push(part));
    req.on("end", () => {
      const set =
        req.method === "PUT"
          ? this.set(JSON.parse(Buffer.concat(parts).toString()) as ProxyFault | null)
          : Promise.resolve();
      void set.then(() => res.end(JSON.stringify({ requests: this.requests })));
    });
  });
  #listener: Server | null = null;
  #port = 0;
  #fault: ProxyFault | null = null;
  /** Requests that arrived, whatever became of them. */
  requests = 0;

  constructor(target: number) {
    this.#target = target;
  }

  /** `http://127.0.0.1:PORT` */
  get baseUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get controlUrl(): string {
    return `http://127.0.0.1:${(this.#control.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    this.#control.listen(0, "127.0.0.1");
    await Promise.all([once(this.#control, "listening"), this.#listen()]);
    return this;
  }

  /** Strikes at once, open connections as well; null = everything passes again, but what was struck. */
  async set(fault: ProxyFault | null): Promise<void> {
    this.#fault = fault;
    for (const caller of this.#struck) caller.resetAndDestroy();
    if (fault?.kind === "refuse") return this.#refuse();
    await this.#listen();
  }

  async close(): Promise<void> {
    this.#refuse();
    this.#control.closeAllConnections();
    await new Promise((resolve) => this.#control.close(resolve));
  }

  #refuse(): void {
    this.#listener?.close();
    this.#listener = null;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async #listen(): Promise<void> {
    if (this.#listener !== null) return;
    const listener = createServer((caller) => this.#join(caller));
    this.#listener = listener;
    listener.listen(this.#port, "127.0.0.1");
    await once(listener, "listening");
    this.#port = (listener.address() as AddressInfo).port;
  }

  #join(caller: Socket): void {
    const target = connect(this.#target, "127.0.0.1");
    for (const [one, other] of [
      [caller, target],
      [target, caller],
    ] as const) {
      this.#sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.#sockets.delete(one);
        this.#struck.delete(one);
        other.destroy();
      });
    }
    let answered = 0;
    caller.on("data", (chunk: Buffer) => {
      if (/^(?:GET|POST) /.test(chunk.toString("latin1", 0, 5))) this.requests += 1;
      answered = 0;
      const fault = this.#fault;
      if (fault !== null && fault.kind !== "delay") this.#struck.add(caller);
      if (fault?.kind === "hang") return;
      if (fault?.kind === "reset" && fault.afterBytes === 0) caller.resetAndDestroy();
      else target.write(chunk);
    });
    target.on("data", (chunk: Buffer) => {
      this.#answer(caller, chunk, answered);
      answered += chunk.length;
    });
  }

  /** Passes on a part of the answer that follows `answered` bytes of it. */
  #answer(caller: Socket, chunk: Buffer, answered: number): void {
    const fault = this.#fault;
    switch (fault?.kind) {
      case undefined:
        caller.write(chunk);
        return;
      case "refuse":
      case "hang":
        return;
      case "delay":
        setTimeout(() => caller.write(chunk), fault.ms);
        return;
      case "drip":
        return drip(caller, chunk, fault.bytesPerSecond);
      case "stall":
      case "reset":
      case "cut": {
        const left = fault.afterBytes - answered;
        if (left > 0) caller.write(chunk.subarray(0, left));
        if (left > chunk.length || fault.kind === "stall") return;
        if (fault.kind === "cut") caller.end();
        else setTimeout(() => caller.resetAndDestroy(), resetAfterMs);
      }
    }
  }
}

/** A byte after the other; what follows this part of the answer is never reached. */
function drip(caller: Socket, chunk: Buffer, bytesPerSecond: number): void {
  let sent = 0;
  const timer = setInterval(
    () => caller.write(chunk.subarray(sent, (sent += 1))),
    1_000 / bytesPerSecond,
  );
  caller.once("close", () => clearInterval(timer));
}

/** Starts a proxy before the server at `target`, a loopback port. */
export function startFaultProxy(target: number): Promise<FaultProxy> {
  return new FaultProxy(target).start();
}
