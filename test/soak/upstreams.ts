// The fakes of a soak: broken and mended at the network's edge, and their calls counted by text.
import type { Fault } from "../support/fault.ts";
import { FakeGemini, startFakeGemini } from "../support/fake-gemini.ts";
import type { FakeServer } from "../support/fake-server.ts";
import { FakeVllm, startFakeVllm } from "../support/fake-vllm.ts";
import { expectedScore } from "../support/overlap.ts";
import { markerPattern } from "./load.ts";
import type { FaultName, Upstream } from "./schedule.ts";

const faults: Readonly<Record<Exclude<FaultName, "killed">, Fault>> = {
  hung: { kind: "hang" },
  stalled: { kind: "headers_then_stall" },
  slowed: { kind: "delay", ms: 800 },
  erring: { kind: "status", status: 500 },
  overloaded: { kind: "status", status: 503, headers: { "retry-after": "1" } },
  garbled: { kind: "truncated_json" },
  flapping: { kind: "reset", every: 2 },
};

export class Upstreams implements AsyncDisposable {
  readonly origin: FakeVllm;
  readonly gemini: FakeGemini;
  /** Calls by the marker of their text. */
  readonly #calls = new Map<string, number>();
  #seen = 0;

  private constructor(origin: FakeVllm, gemini: FakeGemini) {
    this.origin = origin;
    this.gemini = gemini;
    // The two disagree, so that a score tells whose it is.
    gemini.setScore((text, theme) => 100 - expectedScore(text, theme));
  }

  static async start(): Promise<Upstreams> {
    return new Upstreams(await startFakeVllm(), await startFakeGemini());
  }

  async break(upstream: Upstream, fault: FaultName): Promise<void> {
    const server = this.#server(upstream);
    if (fault === "killed") await server.stop();
    else server.fault = faults[fault];
  }

  /** Answering the true way again, at the same port; what hangs goes on hanging. */
  async mend(upstream: Upstream, fault: FaultName): Promise<void> {
    const server = this.#server(upstream);
    server.fault = null;
    if (fault === "killed") await server.restart();
  }

  /** Calls so far that carried the marker. */
  callsOf(marker: string): number {
    this.#count();
    return this.#calls.get(marker) ?? 0;
  }

  /** All calls so far, probes too. */
  get calls(): number {
    this.#count();
    return this.#seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.origin.close(), this.gemini.close()]);
  }

  /** Takes what the fakes have recorded, so that they hold no more than what is arriving. */
  #count(): void {
    for (const { requests } of [this.origin, this.gemini]) {
      const arrived = requests.filter(({ body }) => body !== null);
      const arriving = requests.filter(({ body }) => body === null);
      requests.splice(0, requests.length, ...arriving);
      this.#seen += arrived.length;
      for (const { body } of arrived) {
        const [marker] = markerPattern.exec(JSON.stringify(body)) ?? [];
        if (marker !== undefined) this.#calls.set(marker, (this.#calls.get(marker) ?? 0) + 1);
      }
    }
  }

  #server(upstream: Upstream): FakeServer {
    return upstream === "origin" ? this.origin : this.gemini;
  }
}
