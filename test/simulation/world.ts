// Isolates in several locations, their rankers and their KV, moved by a test's history of events.
import type { KeyMaker } from "../../gateway/cache/key.ts";
import { canonicalJson } from "../../gateway/cache/key.ts";
import { SummaryCache } from "../../gateway/cache/summary-cache.ts";
import { ThemeCache } from "../../gateway/cache/theme-cache.ts";
import { CallLog } from "../../gateway/core/call-log.ts";
import { noUsage, type RankerSource } from "../../gateway/core/domain.ts";
import { fail, ok, type Failure } from "../../gateway/core/failure.ts";
import type { CacheMode } from "../../gateway/core/outcome.ts";
import type { Ranker } from "../../gateway/core/ports.ts";
import { rank, type Pipeline } from "../../gateway/pipeline.ts";
import { createSingleFlight } from "../../gateway/resilience/single-flight.ts";
import { ManualClock } from "../unit/support/manual-clock.ts";
import { KvNetwork, type ReadFault } from "./kv-network.ts";
import { Ledger, type Call } from "./ledger.ts";

export type Event =
  | {
      readonly kind: "request";
      readonly isolate: number;
      readonly tenant: string;
      readonly text: string;
      /** Wordings, all different. */
      readonly labels: readonly string[];
      readonly mode: CacheMode;
      readonly sources: readonly RankerSource[];
      /** What the same tenant asks of the same text at the same time, in the same isolate. */
      readonly beside: readonly { readonly labels: readonly string[]; readonly mode: CacheMode }[];
    }
  /** The last request, once more and at once, if nothing else has happened since. */
  | { readonly kind: "again" }
  | { readonly kind: "origin"; readonly state: "up" | "down" | "slow" | "known to be down" }
  | { readonly kind: "gemini"; readonly state: "up" | "down" | "refuses" }
  | { readonly kind: "wait"; readonly ms: number }
  | {
      readonly kind: "kv";
      readonly location: number;
      readonly readFault: ReadFault;
      readonly writesFail: boolean;
      readonly viewMs: number;
      readonly lagMs: number;
      readonly forgery: Forgery;
    }
  | { readonly kind: "purge"; readonly tenant: string }
  | { readonly kind: "evict"; readonly isolate: number }
  | { readonly kind: "new model" };

export const forgeries = ["garbage", "foreign", "future", "too fresh", "shape"] as const;
export type Forgery = (typeof forgeries)[number];

export type RequestEvent = Extract<Event, { kind: "request" }>;

/** What a request came to, with all that is needed to judge it. */
export interface Observation {
  readonly request: RequestEvent;
  /** What this request is a repetition of. */
  readonly repeats: Observation | null;
  readonly epoch: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly originState: string;
  /** Whether other requests ran at the same time. */
  readonly alone: boolean;
  readonly outcome: Awaited<ReturnType<typeof rank>>;
  /** Upstream calls that this request made itself, successful ones. */
  readonly calls: readonly Call[];
  /** Themes asked for upstream, failed calls included. */
  readonly askedSources: readonly RankerSource[];
  /** Keys of scores that were read for it before it was answered. */
  readonly scoreReads: number;
  readonly readsWork: boolean;
}

/** One value as it was put into KV. */
export interface Write {
  readonly key: string;
  /** What the key was made of. */
  readonly parts: readonly unknown[];
  readonly value: unknown;
  readonly atMs: number;
  readonly isolate: number;
}

export interface Judge {
  request(observation: Observation, ledger: Ledger): void;
  write(write: Write, ledger: Ledger): void;
}

interface Isolate {
  readonly id: number;
  readonly location: number;
  readonly themeCache: ThemeCache;
}

export const locationCount = 3;
export const isolateCount = 4;

export class World {
  readonly #clock = new ManualClock();
  readonly #ledger = new Ledger();
  readonly #judge: Judge;
  readonly #partsOf = new Map<string, readonly unknown[]>();
  readonly #kv: KvNetwork;
  readonly #isolates: Isolate[];
  readonly #epochs = new Map<string, number>();
  readonly #keys: KeyMaker;
  #isolatesMade = 0;
  #scoreReads = 0;
  #origin: Extract<Event, { kind: "origin" }>["state"] = "up";
  #gemini: Extract<Event, { kind: "gemini" }>["state"] = "up";
  #forgery: Forgery = "garbage";
  #modelVersion = 1;
  #last: Observation | null = null;
  readonly #originScope: "pair" | "set";
  readonly #deferred: Promise<void>[] = [];

  constructor(judge: Judge, originScope: "pair" | "set") {
    this.#judge = judge;
    this.#originScope = originScope;
    this.#keys = {
      entry: (kind, parts) => {
        const key = `${kind}:2:${digits(canonicalJson([kind, ...parts]))}`;
        this.#partsOf.set(key, parts);
        return Promise.resolve(key);
      },
      themes: (themes) => Promise.resolve(themes.map(({ label }) => digits(label))),
      salt: (tenant) => Promise.resolve(digits(tenant)),
    };
    this.#kv = new KvNetwork(this.#clock, locationCount, {
      onWrite: (key, value, _, isolate) =>
        judge.write(
          { key, parts: this.#partsOf.get(key) ?? [], value, isolate, atMs: this.#clock.nowMs() },
          this.#ledger,
        ),
      onRead: (key) => {
        if (key.startsWith("scores:")) this.#scoreReads += 1;
      },
      forge: (key, others) => this.#forge(key, others),
    });
    this.#isolates = Array.from({ length: isolateCount }, (_, id) => this.#isolate(id));
  }

  async happen(event: Event): Promise<void> {
    const last = this.#last;
    this.#last = null;
    switch (event.kind) {
      case "request":
        await this.#request(event, null);
        break;
      case "again":
        if (last !== null)
          await this.#request({ ...last.request, mode: "default", beside: [] }, last);
        break;
      case "origin":
        this.#origin = event.state;
        break;
      case "gemini":
        this.#gemini = event.state;
        break;
      case "wait":
        this.#clock.advance(event.ms);
        break;
      case "kv": {
        const { location: index, readFault, writesFail, viewMs, lagMs, forgery } = event;
        const location = this.#kv.locations[index];
        if (location) Object.assign(location, { readFault, writesFail, viewMs, lagMs });
        this.#forgery = forgery;
        break;
      }
      case "purge":
        this.#epochs.set(event.tenant, (this.#epochs.get(event.tenant) ?? 0) + 1);
        break;
      case "evict":
        this.#isolates[event.isolate] = this.#isolate(event.isolate);
        break;
      case "new model":
        this.#modelVersion += 1;
        break;
    }
    await turn();
  }

  /** Lets all that was deferred come to its end. */
  async end(): Promise<void> {
    for (let i = 0; i < 3; i += 1) {
      this.#clock.advance(1_000);
      // oxlint-disable-next-line no-await-in-loop -- one write waits for the one before
      await turn();
    }
    await Promise.all(this.#deferred);
  }

  #isolate(slot: number): Isolate {
    const [id, location] = [(this.#isolatesMade += 1), slot % locationCount];
    const kv = this.#kv.at(location, id);
    return {
      id,
      location,
      themeCache: new ThemeCache(kv, this.#keys, this.#clock, createSingleFlight(this.#clock)),
    };
  }

  async #request(request: RequestEvent, repeats: Observation | null): Promise<void> {
    const isolate = this.#isolates[request.isolate];
    if (isolate === undefined) return;
    const alone = request.beside.length === 0;
    const observed = await Promise.all(
      [...request.beside, {}].map((change) =>
        this.#observe({ ...request, ...change }, isolate, alone),
      ),
    );
    for (const each of observed) this.#judge.request({ ...each, repeats }, this.#ledger);
    this.#last = alone ? (observed.at(-1) ?? null) : null;
  }

  async #observe(request: RequestEvent, isolate: Isolate, alone: boolean): Promise<Observation> {
    const { tenant, text, labels, mode, sources } = request;
    const epoch = this.#epochs.get(tenant) ?? 0;
    const calls: Call[] = [];
    const askedSources: RankerSource[] = [];
    const [preferred] = (["origin", "gemini", "lexical"] as const).filter((source) =>
      sources.includes(source),
    );
    const ranker = (
      source: RankerSource,
      scope: "pair" | "set",
      failure: () => Failure | null,
    ): Ranker => {
      const model = source === "origin" ? `origin-${this.#modelVersion}` : source;
      return {
        source,
        scope,
        model,
        version: "1",
        rank: async ({ text: asked, themes }) => {
          if (source === "origin" && this.#origin === "known to be down")
            return fail({ reason: "circuit_open" });
          askedSources.push(source);
          const atMs = this.#clock.nowMs();
          const failed = failure();
          // Others get a turn while this one works.
          await Promise.resolve();
          if (failed !== null) return fail(failed);
          const call = {
            source,
            model,
            text: asked,
            atMs,
            tenant,
            epoch,
            mode,
            labels: themes.map(({ label }) => label),
            preferred: source === preferred,
          };
          const values = this.#ledger.issue(call);
          const made = this.#ledger.calls.at(-1);
          if (made) calls.push(made);
          const scores = values.map((value) => ({ value, confidence: null }));
          return ok({ scores, model, usage: noUsage });
        },
      };
    };
    const rankers = [
      ranker("origin", this.#originScope, () => this.#originFailure()),
      ranker("gemini", "set", () => this.#geminiFailure()),
      ranker("lexical", "pair", () => null),
    ];
    const { themeCache, location } = isolate;
    const pipeline: Pipeline = {
      rankers,
      summarizers: [],
      themeCache,
      summaryCache: unused,
      evidence: () => [],
      allowance: null,
      clock: this.#clock,
    };
    const startedMs = this.#clock.nowMs();
    const readsBefore = this.#scoreReads;
    const themes = labels.map((label) => ({ id: label, label, description: "" }));
    const outcome = await rank(
      pipeline,
      { text, themes, mode, sources, topK: 100, minScore: 0 },
      {
        tenant,
        epoch,
        egress: "any",
        startedMs,
        budgetMs: 15_000,
        calls: new CallLog(),
        defer: (work) => void this.#deferred.push(work),
        report: () => {},
      },
    );
    const readFault = this.#kv.locations[location]?.readFault;
    return {
      request,
      repeats: null,
      epoch,
      startedMs,
      alone,
      outcome,
      calls,
      askedSources,
      endedMs: this.#clock.nowMs(),
      originState: this.#origin,
      scoreReads: this.#scoreReads - readsBefore,
      readsWork: readFault !== "error" && readFault !== "timeout",
    };
  }

  #originFailure(): Failure | null {
    switch (this.#origin) {
      case "up":
        return null;
      case "slow":
        return { reason: "origin_timeout", limit: "cap" };
      case "down":
      case "known to be down":
        return { reason: "origin_unreachable" };
    }
  }

  #geminiFailure(): Failure | null {
    switch (this.#gemini) {
      case "up":
        return null;
      case "down":
        return { reason: "gemini_error", status: 503 };
      case "refuses":
        return { reason: "gemini_blocked" };
    }
  }

  /** JSON that somebody else put under a key, none of which may be believed. */
  #forge(key: string, others: readonly string[]): string {
    const tenant = this.#partsOf.get(key)?.[0];
    const all = others.map((json) => JSON.parse(json) as { tenant: string; themes?: object });
    const foreign = all.find((entry) => entry.tenant !== tenant);
    const own = all.find((entry) => entry.tenant === tenant && entry.themes !== undefined);
    const changed = (change: (score: number[]) => unknown) =>
      JSON.stringify({
        ...own,
        themes: Object.fromEntries(
          Object.entries(own?.themes ?? {}).map(([hash, score]) => [
            hash,
            change(score as number[]),
          ]),
        ),
      });
    const centuryMs = 100 * 365 * 86_400_000;
    switch (this.#forgery) {
      case "garbage":
        return '"{"';
      case "foreign":
        return JSON.stringify(foreign ?? null);
      case "future":
        return changed(([a, b, ...times]) => [a, b, ...times.map((time) => time + centuryMs)]);
      case "too fresh":
        return changed(([a, b, at = 0]) => [a, b, at, at + 1e12, at + 1e12]);
      case "shape":
        return changed(() => [101, 2, "now"]);
    }
  }
}

/** Nothing is summarised here. */
const unused = new SummaryCache(
  null,
  {
    entry: () => Promise.resolve(""),
    themes: () => Promise.resolve([]),
    salt: () => Promise.resolve(""),
  },
  new ManualClock(),
  createSingleFlight(new ManualClock()),
);

/** Lets everything happen that needs no clock. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** 16 hexadecimal digits, quickly: FNV-1a, twice. Nobody here guesses keys. */
function digits(text: string): string {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ (code + i), 0x85ebca6b);
  }
  const half = (value: number) => (value >>> 0).toString(16).padStart(8, "0");
  return half(a) + half(b);
}
