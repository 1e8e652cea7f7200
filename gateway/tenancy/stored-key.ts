// Keys and tenants as KV STATE holds them: the record is the metadata, so that a listing shows it.
import { egressLevels, type Egress } from "../core/domain.ts";

/** `rank`: rank and read. `admin`: write catalogs. */
export const scopes = ["rank", "admin"] as const;
export type Scope = (typeof scopes)[number];

/** `key:<id>`: the value is the key's SHA-256 in hexadecimal digits, and `revoked` once it is revoked. */
export interface StoredKey {
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly egress: Egress;
  /** ISO 8601. */
  readonly created_at: string;
  readonly revoked_at: string | null;
  /** The id of the key that this one is to take the place of; null = none. */
  readonly replaces: string | null;
}

/** `tenant:<name>`: there once something of a tenant was changed. */
export interface StoredTenant {
  /** Part of the tenant's cache keys: raising it makes all earlier entries unreachable. */
  readonly epoch: number;
}

export const keyPrefix = "key:";
export const tenantPrefix = "tenant:";
/** The value in the place of a revoked key's digest: nothing has it for a digest. */
export const revokedValue = "revoked";

export const tenantName = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export function isScope(value: unknown): value is Scope {
  return scopes.some((scope) => scope === value);
}

export function isEgress(value: unknown): value is Egress {
  return egressLevels.some((level) => level === value);
}

/** Whether metadata read from KV is a key's record. */
export function isStoredKey(value: unknown): value is StoredKey {
  return (
    isRecord(value) &&
    typeof value["tenant"] === "string" &&
    tenantName.test(value["tenant"]) &&
    Array.isArray(value["scopes"]) &&
    value["scopes"].every(isScope) &&
    isEgress(value["egress"]) &&
    typeof value["created_at"] === "string" &&
    isTextOrNull(value["revoked_at"]) &&
    isTextOrNull(value["replaces"])
  );
}

/** Whether metadata read from KV is a tenant's record. */
export function isStoredTenant(value: unknown): value is StoredTenant {
  return isRecord(value) && Number.isSafeInteger(value["epoch"]);
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
