// Cache keys: an HMAC over canonical JSON, so that a key tells nothing and no two contents share one.
import { hex } from "../core/hex.ts";
import type { Theme } from "../core/domain.ts";

/** Raise when the shape of cached values changes: old entries are then never read. */
const schemaVersion = 2;

/** Themes and tenants whose names are remembered: at most 1.3 KB each. */
const maxNames = 2_000;

const encoder = new TextEncoder();

/** What a cache needs of them. */
export type KeyMaker = Pick<CacheKeys, "entry" | "themes" | "salt">;

/** Makes keys for one deployment; `pepper` is its secret, without which no guess can be tested. */
export class CacheKeys {
  readonly #key: ReturnType<typeof crypto.subtle.importKey>;
  readonly #names = new Map<string, string>();

  constructor(pepper: string) {
    this.#key = crypto.subtle.importKey(
      "raw",
      encoder.encode(pepper),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
  }

  /**
   * `<kind>:<version>:<64 hexadecimal digits>`, at most 80 bytes.
   * @param parts all that the cached value depends on; order counts, object keys are sorted
   */
  async entry(kind: "scores" | "summary" | "blocked", parts: readonly unknown[]): Promise<string> {
    return `${kind}:${schemaVersion}:${hex(await this.#sign([kind, ...parts]))}`;
  }

  /** What names each theme inside an entry: its wording, not its id. 24 hexadecimal digits. */
  async themes(themes: readonly Theme[]): Promise<string[]> {
    const names: string[] = [];
    for (const { label, description } of themes) {
      const name = this.#name(["theme", label, description], 12);
      // Most are known: a promise for each would cost more than finding it.
      // oxlint-disable-next-line no-await-in-loop -- as above
      names.push(typeof name === "string" ? name : await name);
    }
    return names;
  }

  /** What stands for a tenant where providers can see it. 32 hexadecimal digits. */
  async salt(tenant: string): Promise<string> {
    return this.#name(["salt", tenant], 16);
  }

  /** What comes again with most requests, as a catalogue does, is signed once an isolate. */
  #name(parts: readonly string[], bytes: number): string | Promise<string> {
    let what = "";
    for (const part of parts) what += `${part.length} ${part}`;
    return this.#names.get(what) ?? this.#newName(what, parts, bytes);
  }

  async #newName(what: string, parts: readonly string[], bytes: number): Promise<string> {
    const name = hex((await this.#sign(parts)).subarray(0, bytes));
    // All at once: an order of use would cost more than signing them again, which is rare.
    if (this.#names.size >= maxNames) this.#names.clear();
    this.#names.set(what, name);
    return name;
  }

  /** What stands for a tenant in logs: neither its name nor its salt. 16 hexadecimal digits. */
  async pseudonym(tenant: string): Promise<string> {
    return hex((await this.#sign(["log", tenant])).subarray(0, 8));
  }

  async #sign(parts: readonly unknown[]): Promise<Uint8Array> {
    const bytes = encoder.encode(canonicalJson([schemaVersion, ...parts]));
    return new Uint8Array(await crypto.subtle.sign("HMAC", await this.#key, bytes));
  }
}

/** JSON with sorted object keys: one value, one string. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
