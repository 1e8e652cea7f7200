// KV as it is: one truth far away, and in every location a view of it that may be minutes old.
import { fail, ok, type Result } from "../../gateway/core/failure.ts";
import type { CacheFault, Clock, ResultCache } from "../../gateway/core/ports.ts";

/** How a location's reads go wrong: not, with an error, too late, with what was there long ago, with a forgery. */
export type ReadFault = "none" | "error" | "timeout" | "old" | "forged";

interface Version {
  readonly json: string;
  readonly writtenMs: number;
  readonly expiresMs: number;
  readonly location: number;
}

interface View {
  readonly json: string | null;
  readonly untilMs: number;
}

export interface Location {
  readFault: ReadFault;
  writesFail: boolean;
  /** How long a view, a cached miss too, is served: KV's cacheTtl is 60 s at least. */
  viewMs: number;
  /** How long another location's write takes to get here. */
  lagMs: number;
  readonly views: Map<string, View>;
}

export class KvNetwork {
  readonly locations: readonly Location[];
  readonly #clock: Clock;
  /** All that was ever written under a key, the last writer last. */
  readonly #versions = new Map<string, Version[]>();
  readonly #onWrite: (key: string, value: unknown, location: number, isolate: number) => void;
  readonly #onRead: (key: string) => void;
  /** What a forger puts in the place of a value. */
  readonly #forge: (key: string, others: readonly string[]) => string;

  constructor(
    clock: Clock,
    count: number,
    hooks: {
      readonly onWrite: (key: string, value: unknown, location: number, isolate: number) => void;
      readonly onRead: (key: string) => void;
      readonly forge: (key: string, others: readonly string[]) => string;
    },
  ) {
    this.#clock = clock;
    this.#onWrite = hooks.onWrite;
    this.#onRead = hooks.onRead;
    this.#forge = hooks.forge;
    this.locations = Array.from({ length: count }, () => ({
      readFault: "none",
      writesFail: false,
      viewMs: 60_000,
      lagMs: 0,
      views: new Map(),
    }));
  }

  /** KV as one isolate at one location meets it. */
  at(index: number, isolate: number): ResultCache {
    const location = this.locations[index];
    if (location === undefined) throw new Error("there is no such location");
    return {
      get: (key) => Promise.resolve(this.#get(key, location, index)),
      put: (key, value, ttlSeconds) => {
        if (location.writesFail) return Promise.resolve(fail("put_failed"));
        this.#onWrite(key, value, index, isolate);
        const nowMs = this.#clock.nowMs();
        const expiresMs = nowMs + Math.max(60, ttlSeconds) * 1_000;
        const json = JSON.stringify(value);
        const versions = this.#versions.get(key) ?? [];
        versions.push({ json, writtenMs: nowMs, expiresMs, location: index });
        this.#versions.set(key, versions);
        return Promise.resolve(ok(null));
      },
    };
  }

  #get(key: string, location: Location, index: number): Result<unknown, CacheFault> {
    this.#onRead(key);
    const nowMs = this.#clock.nowMs();
    const versions = (this.#versions.get(key) ?? []).filter(({ expiresMs }) => nowMs < expiresMs);
    switch (location.readFault) {
      case "error":
        return fail("get_failed");
      case "timeout":
        return fail("get_timeout");
      case "old": {
        const [oldest] = this.#versions.get(key) ?? [];
        return ok(oldest === undefined ? null : (JSON.parse(oldest.json) as unknown));
      }
      case "forged": {
        const all = [...this.#versions.values()].flatMap((each) => each.map(({ json }) => json));
        return ok(JSON.parse(this.#forge(key, all)) as unknown);
      }
      case "none": {
        const view = location.views.get(key);
        if (view !== undefined && nowMs < view.untilMs)
          return ok(view.json === null ? null : (JSON.parse(view.json) as unknown));
        const visible = versions.findLast(
          (version) => version.location === index || version.writtenMs + location.lagMs <= nowMs,
        );
        const json = visible?.json ?? null;
        location.views.set(key, { json, untilMs: nowMs + location.viewMs });
        return ok(json === null ? null : (JSON.parse(json) as unknown));
      }
    }
  }
}
