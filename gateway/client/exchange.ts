// One call: sends, waits and sends once more where the service asks for it, all within one budget.
import { metaOf } from "./meta.ts";
import {
  problemIn,
  transportError,
  type ClientError,
  type Meta,
  type Outcome,
  type TransportError,
} from "./outcome.ts";
import { retryDelayMs } from "./retry.ts";
import type { Timer } from "./timer.ts";

export interface CallOptions {
  /** Ends the call: the error's kind is `aborted` then. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for all of the call, waits and retry included; default: the client's. */
  readonly timeoutMs?: number | undefined;
  /** Sent as X-Request-Id, and found in the service's log; letters, digits, `_`, `-` and `=`. */
  readonly requestId?: string | undefined;
}

/** What of `fetch` is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Wire {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly timeoutMs: number;
  readonly fetch: Fetch;
  readonly timer: Timer;
}

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly accept: "application/json" | "text/event-stream";
}

/** A call under way: nothing here throws; what went wrong is an error of the client's kinds. */
export class Exchange {
  readonly #wire: Wire;
  readonly #options: CallOptions;
  readonly #timeoutMs: number;
  readonly #startedMs: number;
  readonly #expiry: AbortSignal;
  readonly #given: AbortController;
  readonly #signal: AbortSignal;
  #response: Response | null = null;
  #retries = 0;

  constructor(wire: Wire, options: CallOptions) {
    this.#wire = wire;
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? wire.timeoutMs;
    this.#startedMs = wire.timer.nowMs();
    this.#expiry = AbortSignal.timeout(this.#timeoutMs);
    this.#given = new AbortController();
    const signals = [this.#expiry, this.#given.signal];
    if (options.signal !== undefined) signals.push(options.signal);
    this.#signal = AbortSignal.any(signals);
  }

  /** The answer, once its headers are there. */
  async send(call: Call): Promise<Response | ClientError> {
    const first = await this.#once(call);
    if (!(first instanceof Response) || first.ok) return first;
    const error = await this.#refusal(first);
    const told = error.kind === "problem" ? error.retryable : null;
    const { timer } = this.#wire;
    const retryAfter = first.headers.get("retry-after");
    const delayMs = retryDelayMs(first.status, retryAfter, told, timer.nowMs());
    const leftMs = this.#startedMs + this.#timeoutMs - timer.nowMs();
    if (delayMs === null || delayMs >= leftMs) return error;
    await timer.wait(delayMs, this.#signal);
    if (this.#signal.aborted) return this.#failure(null);
    this.#retries += 1;
    const second = await this.#once(call);
    return second instanceof Response && !second.ok ? this.#refusal(second) : second;
  }

  /** The answer's JSON. */
  async json<T>(call: Call): Promise<Outcome<T>> {
    const answer = await this.send(call);
    if (!(answer instanceof Response)) return this.failed(answer);
    if (answer.status === 204) return { data: undefined as T, error: null, meta: this.meta() };
    const text = await this.#textOf(answer);
    if (typeof text !== "string") return this.failed(text);
    const data = parsed(text);
    if (typeof data === "object" && data !== null) {
      return { data: data as T, error: null, meta: this.meta() };
    }
    return this.failed(transportError("unexpected", "The answer is no JSON.", answer.status));
  }

  failed(error: ClientError): { data: null; error: ClientError; meta: Meta } {
    return { data: null, error, meta: this.meta() };
  }

  meta(): Meta {
    const durationMs = this.#wire.timer.nowMs() - this.#startedMs;
    return metaOf(this.#response, this.#retries, durationMs);
  }

  /** Why reading the answer failed. */
  readFailure(): TransportError {
    return this.#failure(this.#response?.status ?? null);
  }

  /** Lets go of the answer: the connection ends, and the service notices. */
  abandon(): void {
    this.#given.abort();
  }

  async #once({ method, path, body, accept }: Call): Promise<Response | TransportError> {
    const { baseUrl, apiKey, fetch } = this.#wire;
    const { requestId } = this.#options;
    try {
      this.#response = await fetch(`${baseUrl}${path}`, {
        method,
        headers: {
          Accept: accept,
          ...(apiKey !== undefined && { Authorization: `Bearer ${apiKey}` }),
          ...(body !== undefined && { "Content-Type": "application/json" }),
          ...(requestId !== undefined && { "X-Request-Id": requestId }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // A key is for one host: no redirect is followed.
        redirect: "manual",
        signal: this.#signal,
      });
      return this.#response;
    } catch {
      return this.#failure(null);
    }
  }

  async #refusal(response: Response): Promise<ClientError> {
    const text = await this.#textOf(response);
    if (typeof text !== "string") return text;
    const detail = `HTTP ${response.status}, without a problem that could be read.`;
    return problemIn(parsed(text)) ?? transportError("unexpected", detail, response.status);
  }

  async #textOf(response: Response): Promise<string | TransportError> {
    try {
      return await response.text();
    } catch {
      return this.#failure(response.status);
    }
  }

  #failure(status: number | null): TransportError {
    if (this.#options.signal?.aborted === true) {
      return transportError("aborted", "The caller's signal ended the request.", status);
    }
    if (this.#expiry.aborted) {
      return transportError("timeout", `No answer within ${this.#timeoutMs} ms.`, status);
    }
    const detail = "The service could not be reached, or the connection broke.";
    return transportError("network", detail, status);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
