// Whose key it is: looked up in KV STATE by its id, its digest compared in constant time.
import type { Egress } from "../core/domain.ts";
import { fail, ok, type Result } from "../core/failure.ts";
import { bytesOf } from "../core/hex.ts";
import type { Clock } from "../core/ports.ts";
import { digestOf, parseKey } from "./api-key.ts";
import { callState } from "./state-call.ts";
import { isStoredKey, isStoredTenant, keyPrefix, tenantPrefix, type Scope } from "./stored-key.ts";

/** Who holds a valid key. */
export interface Holder {
  readonly keyId: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly egress: Egress;
  /** The tenant's cache epoch, see tenancy/stored-key.ts. */
  readonly epoch: number;
}

/** `unknown`: no such key, whatever is wrong with it. `unavailable`: the store could not be asked. */
export type Refusal = "unknown" | "unavailable";

interface Known extends Holder {
  /** null = revoked: nothing matches. */
  readonly digest: Uint8Array | null;
  /** When the store said so, epoch ms. */
  readonly readMs: number;
}

/** How long what was read serves without a look at the store; KV's own caches get as long. */
export const freshSeconds = 30;
/** How long a known key works while the store is down. */
const keptMs = 5 * 60_000;
/** Keys an isolate remembers; the longest unread goes first. */
const maxKnown = 1_000;
const noDigest = new Uint8Array(32);

/** The keys of a deployment, as one isolate knows them. */
export class Keys {
  readonly #state: KVNamespace;
  readonly #clock: Clock;
  readonly #report: (fault: string) => void;
  readonly #known = new Map<string, Known>();
  /** While the store is down, no request but one in `freshSeconds` waits for it. */
  readonly #askedMs = new Map<string, number>();

  /** @param report hears of each fault of the store, without its text */
  constructor(state: KVNamespace, clock: Clock, report: (fault: string) => void) {
    this.#state = state;
    this.#clock = clock;
    this.#report = report;
  }

  /** @param authorization the header as it came; two of them arrive joined and match nothing */
  async holderOf(authorization: string | undefined): Promise<Result<Holder, Refusal>> {
    const [, credentials = ""] = /^Bearer +(\S{1,200})$/i.exec(authorization ?? "") ?? [];
    const key = parseKey(credentials);
    if (key === null) return fail("unknown");
    const [found, digest] = await Promise.all([this.#find(key.id), digestOf(key)]);
    if (!found.ok) return found;
    // Compared even where there is nothing to compare with: a miss takes the same time.
    const same = crypto.subtle.timingSafeEqual(digest, found.value?.digest ?? noDigest);
    return same && found.value !== null ? ok(found.value) : fail("unknown");
  }

  async #find(id: string): Promise<Result<Known | null, Refusal>> {
    const nowMs = this.#clock.nowMs();
    const known = this.#known.get(id) ?? null;
    const askedMs = this.#askedMs.get(id) ?? known?.readMs;
    const kept = known !== null && nowMs - known.readMs < keptMs;
    if (kept && askedMs !== undefined && nowMs - askedMs < freshSeconds * 1_000) return ok(known);
    const read = await callState(this.#clock, this.#report, () => this.#read(id, nowMs));
    if (!read.ok) {
      if (!kept) return read;
      this.#askedMs.set(id, nowMs);
      return ok(known);
    }
    this.#remember(id, read.value);
    return read;
  }

  async #read(id: string, nowMs: number): Promise<Known | null> {
    const options = { type: "text", cacheTtl: freshSeconds } as const;
    const { value, metadata } = await this.#state.getWithMetadata(`${keyPrefix}${id}`, options);
    if (!isStoredKey(metadata)) return null;
    const { tenant, scopes, egress, revoked_at: revokedAt } = metadata;
    const stored = await this.#state.getWithMetadata(`${tenantPrefix}${tenant}`, options);
    const epoch = isStoredTenant(stored.metadata) ? stored.metadata.epoch : 0;
    const digest = revokedAt === null ? bytesOf(value ?? "", noDigest.length) : null;
    return { keyId: id, tenant, scopes, egress, epoch, digest, readMs: nowMs };
  }

  #remember(id: string, found: Known | null): void {
    this.#askedMs.delete(id);
    this.#known.delete(id);
    if (found === null) return;
    this.#known.set(id, found);
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxKnown && oldest !== undefined) {
      this.#known.delete(oldest);
      this.#askedMs.delete(oldest);
    }
  }
}
