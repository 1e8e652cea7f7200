// Catalogues of themes that a request may name: the built-in ones, and each tenant's own in KV STATE.
import type { Theme } from "../core/domain.ts";
import { fail, ok, type Result } from "../core/failure.ts";
import type { Clock } from "../core/ports.ts";
import life from "../samples/life.json" with { type: "json" };
import { callState } from "./state-call.ts";

export interface CatalogEntry {
  readonly name: string;
  /** 1 for the first, one more with each writing; two at the same moment in two places may share one. */
  readonly version: number;
  /** ISO 8601. */
  readonly updatedAt: string;
  readonly themeCount: number;
}

export interface Catalog extends CatalogEntry {
  readonly themes: readonly Theme[];
}

/** `catalog:<tenant>:<name>`: the value is the themes as JSON, this is its metadata. */
interface StoredEntry {
  readonly version: number;
  readonly updated_at: string;
  readonly theme_count: number;
}

/** `read-only`: built in. `unavailable`: the store could not be asked. */
export type CatalogRefusal = "read-only" | "too-many" | "unavailable";

export const catalogName = /^[a-z0-9][a-z0-9_-]{0,63}$/;
/** Own catalogues of a tenant; counted in what KV shows, so writers at the same moment may pass it by a few. */
export const maxCatalogs = 100;

/** How long what was read serves without a look at the store; KV's own caches get as long. */
const freshSeconds = 30;
/** KV may show another location's old value for as long after a write: what was written here is known. */
const writtenSeconds = 60;
/** How long a known catalogue serves while the store is down. */
const keptMs = 5 * 60_000;
/** Catalogues an isolate remembers, of 100 kB at most; the longest unread goes first. */
const maxKnown = 100;

const builtIn: ReadonlyMap<string, Catalog> = new Map([
  [
    "life",
    {
      name: "life",
      version: 1,
      updatedAt: "2026-11-22T00:00:00.000Z",
      themeCount: life.length,
      themes: life,
    },
  ],
]);

interface Known {
  /** null = deleted here. */
  readonly catalog: Catalog | null;
  readonly readMs: number;
  readonly freshUntilMs: number;
}

/** The catalogues of a deployment, as one isolate knows them. */
export class Catalogs {
  readonly #state: KVNamespace;
  readonly #clock: Clock;
  readonly #report: (fault: string) => void;
  readonly #known = new Map<string, Known>();

  /** @param report hears of each fault of the store, without its text */
  constructor(state: KVNamespace, clock: Clock, report: (fault: string) => void) {
    this.#state = state;
    this.#clock = clock;
    this.#report = report;
  }

  /** A catalogue that the tenant may use; null when there is none of this name. */
  async find(tenant: string, name: string): Promise<Result<Catalog | null, "unavailable">> {
    const own = builtIn.get(name);
    if (own !== undefined) return ok(own);
    if (!catalogName.test(name)) return ok(null);
    const key = keyOf(tenant, name);
    const nowMs = this.#clock.nowMs();
    const known = this.#known.get(key);
    if (known !== undefined && nowMs < known.freshUntilMs) return ok(known.catalog);
    const read = await this.#read(key, name);
    if (!read.ok) {
      return known !== undefined && nowMs - known.readMs < keptMs ? ok(known.catalog) : read;
    }
    if (read.value === null) this.#known.delete(key);
    else this.#remember(key, read.value, freshSeconds);
    return read;
  }

  /** Writes a catalogue of the tenant's own, whole. */
  async put(
    tenant: string,
    name: string,
    themes: readonly Theme[],
  ): Promise<Result<Catalog, CatalogRefusal>> {
    if (builtIn.has(name)) return fail("read-only");
    const key = keyOf(tenant, name);
    const stored = await this.#read(key, name);
    if (!stored.ok) return stored;
    if (stored.value === null) {
      const entries = await this.#ownEntries(tenant);
      if (!entries.ok) return entries;
      if (entries.value.length >= maxCatalogs) return fail("too-many");
    }
    const lastVersion = Math.max(
      stored.value?.version ?? 0,
      this.#known.get(key)?.catalog?.version ?? 0,
    );
    const catalog: Catalog = {
      name,
      version: lastVersion + 1,
      updatedAt: new Date(this.#clock.nowMs()).toISOString(),
      themeCount: themes.length,
      themes,
    };
    const metadata: StoredEntry = {
      version: catalog.version,
      updated_at: catalog.updatedAt,
      theme_count: catalog.themeCount,
    };
    const written = await this.#call(() =>
      this.#state.put(key, JSON.stringify(themes), { metadata }),
    );
    if (!written.ok) return written;
    this.#remember(key, catalog, writtenSeconds);
    return ok(catalog);
  }

  /** Deletes a catalogue of the tenant's own; one that is not there is deleted already. */
  async remove(tenant: string, name: string): Promise<Result<null, CatalogRefusal>> {
    if (builtIn.has(name)) return fail("read-only");
    if (!catalogName.test(name)) return ok(null);
    const key = keyOf(tenant, name);
    // Not read first: KV may not show yet what was written elsewhere.
    const deleted = await this.#call(() => this.#state.delete(key));
    if (!deleted.ok) return deleted;
    this.#remember(key, null, writtenSeconds);
    return ok(null);
  }

  /** The built-in catalogues, then the tenant's own by name. */
  async list(tenant: string): Promise<Result<readonly CatalogEntry[], "unavailable">> {
    const entries = await this.#ownEntries(tenant);
    return entries.ok ? ok([...builtIn.values(), ...entries.value]) : entries;
  }

  async #ownEntries(tenant: string): Promise<Result<CatalogEntry[], "unavailable">> {
    const prefix = keyOf(tenant, "");
    // One page holds 1,000.
    const listed = await this.#call(() => this.#state.list({ prefix }));
    if (!listed.ok) return listed;
    return ok(
      listed.value.keys.flatMap(({ name, metadata }) =>
        isStoredEntry(metadata) ? [toEntry(name.slice(prefix.length), metadata)] : [],
      ),
    );
  }

  async #read(key: string, name: string): Promise<Result<Catalog | null, "unavailable">> {
    const options = { type: "json", cacheTtl: freshSeconds } as const;
    const read = await this.#call(() => this.#state.getWithMetadata(key, options));
    if (!read.ok) return read;
    const { value, metadata } = read.value;
    if (!isStoredEntry(metadata) || !isThemes(value)) return ok(null);
    return ok({ ...toEntry(name, metadata), themes: value });
  }

  #call<T>(call: () => Promise<T>): Promise<Result<T, "unavailable">> {
    return callState(this.#clock, this.#report, call);
  }

  #remember(key: string, catalog: Catalog | null, seconds: number): void {
    const readMs = this.#clock.nowMs();
    this.#known.delete(key);
    this.#known.set(key, { catalog, readMs, freshUntilMs: readMs + seconds * 1_000 });
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxKnown && oldest !== undefined) this.#known.delete(oldest);
  }
}

/** Neither a tenant's name nor a catalogue's holds a colon. */
const keyOf = (tenant: string, name: string) => `catalog:${tenant}:${name}`;

function toEntry(name: string, stored: StoredEntry): CatalogEntry {
  const { version, updated_at: updatedAt, theme_count: themeCount } = stored;
  return { name, version, updatedAt, themeCount };
}

function isStoredEntry(value: unknown): value is StoredEntry {
  return (
    isRecord(value) &&
    Number.isSafeInteger(value["version"]) &&
    typeof value["updated_at"] === "string" &&
    Number.isSafeInteger(value["theme_count"])
  );
}

function isThemes(value: unknown): value is Theme[] {
  const names = ["id", "label", "description"];
  const isTheme = (each: unknown) =>
    isRecord(each) && names.every((name) => typeof each[name] === "string");
  return Array.isArray(value) && value.length > 0 && value.every(isTheme);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
