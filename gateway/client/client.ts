// The client: one method for each thing the service does.
import { analyzeEvents, type AnalyzeStreamEvent } from "./analyze-stream.ts";
import type {
  AnalyzeAnswer,
  AnalyzeRequest,
  BatchAnswer,
  BatchRequest,
  Catalog,
  CatalogList,
  CohereRerankAnswer,
  CohereRerankRequest,
  RankAnswer,
  RankRequest,
  Status,
  Theme,
} from "./api.ts";
import { Exchange, type Call, type CallOptions, type Fetch, type Wire } from "./exchange.ts";
import type { Outcome } from "./outcome.ts";
import { systemTimer, type Timer } from "./timer.ts";

export interface ClientOptions {
  /** Where the service is, `https://themes.example.com`; a path in front of the routes is kept. */
  readonly baseUrl: string;
  /** `tr_…`; left out where the deployment asks for none. */
  readonly apiKey?: string | undefined;
  /** Milliseconds for a whole call. Default 35,000: a little more than any request's budget. */
  readonly timeoutMs?: number | undefined;
  /** In place of the global `fetch`. */
  readonly fetch?: Fetch | undefined;
}

const defaultTimeoutMs = 35_000;

/**
 * A call's outcome is `{data, error, meta}`: HTTP and network failures are errors there, not exceptions.
 * A 429 or 503 is tried once more after its Retry-After, if the call's time allows.
 */
export class ThemeRank {
  readonly #wire: Wire;
  readonly catalogs: Catalogs;

  /** @throws TypeError for a baseUrl that is no http or https URL */
  constructor(options: ClientOptions, /** @internal */ timer: Timer = systemTimer) {
    const url = new URL(options.baseUrl);
    if (!/^https?:$/.test(url.protocol)) throw new TypeError("baseUrl must be http or https");
    this.#wire = {
      baseUrl: `${url.origin}${url.pathname}`.replace(/\/+$/, ""),
      apiKey: options.apiKey,
      timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
      fetch: options.fetch ?? ((input, init) => fetch(input, init)),
      timer,
    };
    this.catalogs = new Catalogs(this.#wire);
  }

  /** Scores every theme 0-100 by relevance to the text. */
  rank(request: RankRequest, options?: CallOptions): Promise<Outcome<RankAnswer>> {
    return post(this.#wire, "/v1/rank", request, options);
  }

  /** The same themes for up to 32 texts; one text's failure is its own. */
  rankBatch(request: BatchRequest, options?: CallOptions): Promise<Outcome<BatchAnswer>> {
    return post(this.#wire, "/v1/rank/batch", request, options);
  }

  /** The ranking, and a summary around its first themes. */
  analyze(request: AnalyzeRequest, options?: CallOptions): Promise<Outcome<AnalyzeAnswer>> {
    return post(this.#wire, "/v1/analyze", request, options);
  }

  /** The same as it comes: the ranking, pieces of the summary, the summary, `done` or `error`. */
  analyzeStream(
    request: AnalyzeRequest,
    options: CallOptions = {},
  ): AsyncGenerator<AnalyzeStreamEvent, void, void> {
    return analyzeEvents(new Exchange(this.#wire, options), request);
  }

  /** Documents by relevance to a query, in Cohere's shape (v2). */
  rerank(
    request: CohereRerankRequest,
    options?: CallOptions,
  ): Promise<Outcome<CohereRerankAnswer>> {
    return post(this.#wire, "/v2/rerank", request, options);
  }

  /** Which rankers and summarizers there are, and whether each can be used. */
  status(options?: CallOptions): Promise<Outcome<Status>> {
    return send(this.#wire, { method: "GET", path: "/v1/status" }, options);
  }
}

/** The tenant's stored catalogues; writing needs a key with the scope `admin`. */
export class Catalogs {
  readonly #wire: Wire;

  /** @internal */
  constructor(wire: Wire) {
    this.#wire = wire;
  }

  list(options?: CallOptions): Promise<Outcome<CatalogList>> {
    return send(this.#wire, { method: "GET", path: "/v1/catalogs" }, options);
  }

  get(name: string, options?: CallOptions): Promise<Outcome<Catalog>> {
    return send(this.#wire, { method: "GET", path: pathOf(name) }, options);
  }

  /** Makes the catalogue or replaces all of its themes. */
  put(
    name: string,
    themes: readonly (string | Theme)[],
    options?: CallOptions,
  ): Promise<Outcome<Catalog>> {
    return send(this.#wire, { method: "PUT", path: pathOf(name), body: { themes } }, options);
  }

  delete(name: string, options?: CallOptions): Promise<Outcome<void>> {
    return send(this.#wire, { method: "DELETE", path: pathOf(name) }, options);
  }
}

const pathOf = (name: string) => `/v1/catalogs/${encodeURIComponent(name)}`;

function post<T>(wire: Wire, path: string, body: object, options?: CallOptions) {
  return send<T>(wire, { method: "POST", path, body }, options);
}

function send<T>(wire: Wire, call: Omit<Call, "accept">, options: CallOptions = {}) {
  return new Exchange(wire, options).json<T>({ ...call, accept: "application/json" });
}
