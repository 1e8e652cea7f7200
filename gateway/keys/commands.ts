// What `npm run keys` does to KV STATE, and what it says.
import { hex } from "../core/hex.ts";
import { digestOf, mintKey, type KeyWord } from "../tenancy/api-key.ts";
import {
  isStoredKey,
  isStoredTenant,
  keyPrefix,
  revokedValue,
  tenantPrefix,
  type StoredKey,
} from "../tenancy/stored-key.ts";
import { BadCommand, type Command } from "./options.ts";
import type { State } from "./state.ts";

export interface Said {
  /** For scripts: the key alone, or the list. */
  readonly out: string;
  /** For people. */
  readonly note: string;
}

/** How soon KV shows a change everywhere; more cannot be promised. */
const soon = "Seen within about a minute where it was in use, at times later: KV says no more.";

/**
 * @param word `live` for a deployed environment, `test` for local state
 * @throws BadCommand where the key is not there or not in a state for it
 */
export async function perform(command: Command, state: State, word: KeyWord): Promise<Said> {
  switch (command.name) {
    case "create": {
      const { tenant, scopes, egress } = command;
      return create(state, word, { tenant, scopes, egress, replaces: null });
    }
    case "list": {
      const keys = await allKeys(state);
      const shown = keys.filter(({ tenant }) => (command.tenant ?? tenant) === tenant);
      return { out: table(shown), note: `${shown.length} keys.` };
    }
    case "revoke": {
      const { id, ...key } = keyNamed(await allKeys(state), command.id);
      if (key.revoked_at !== null) return { out: "", note: `${id} was revoked before.` };
      const revoked = { ...key, revoked_at: new Date().toISOString() };
      // The digest goes: there is nothing left that a key could match.
      await state.put(`${keyPrefix}${id}`, revokedValue, revoked);
      return { out: "", note: `${id} of ${key.tenant} is revoked. ${soon}` };
    }
    case "rotate": {
      const keys = await allKeys(state);
      const {
        id,
        tenant,
        scopes,
        egress,
        replaces,
        revoked_at: revokedAt,
      } = keyNamed(keys, command.id);
      if (revokedAt !== null) throw new BadCommand(`${id} is revoked: create a new key instead.`);
      // Two live keys of a line at most: the one before, or the one after, must go first.
      const other = keys.find(
        (key) => key.revoked_at === null && (key.id === replaces || key.replaces === id),
      );
      if (other !== undefined) {
        throw new BadCommand(`${id} was rotated and ${other.id} still works: revoke one first.`);
      }
      const made = await create(state, word, { tenant, scopes, egress, replaces: id });
      return { ...made, note: `${made.note}\n${id} works until: npm run keys -- revoke ${id}` };
    }
    case "purge": {
      const name = `${tenantPrefix}${command.tenant}`;
      const found = (await state.list(name)).find((entry) => entry.name === name)?.metadata;
      const epoch = (isStoredTenant(found) ? found.epoch : 0) + 1;
      await state.put(name, "tenant", { epoch });
      const note = `Nothing cached for ${command.tenant} before will be served again (epoch ${epoch}); it leaves KV by its own age. ${soon}`;
      return { out: "", note };
    }
  }
}

async function create(
  state: State,
  word: KeyWord,
  given: Pick<StoredKey, "tenant" | "scopes" | "egress" | "replaces">,
): Promise<Said> {
  const key = mintKey(word);
  const stored: StoredKey = { ...given, created_at: new Date().toISOString(), revoked_at: null };
  await state.put(`${keyPrefix}${key.id}`, hex(await digestOf(key)), stored);
  const { tenant, scopes, egress } = given;
  const note = `Key ${key.id} of ${tenant}, scopes ${scopes.join(",")}, egress ${egress}. It is shown this once; only its digest is kept.`;
  return { out: key.text, note };
}

type ListedKey = StoredKey & { readonly id: string };

async function allKeys(state: State): Promise<ListedKey[]> {
  const keys = (await state.list(keyPrefix)).flatMap(({ name, metadata }) =>
    isStoredKey(metadata) ? [{ id: name.slice(keyPrefix.length), ...metadata }] : [],
  );
  return keys.toSorted((a, b) => (a.created_at < b.created_at ? -1 : 1));
}

function keyNamed(keys: readonly ListedKey[], id: string): ListedKey {
  const key = keys.find((each) => each.id === id);
  if (key === undefined) throw new BadCommand(`There is no key ${id} here.`);
  return key;
}

function table(keys: readonly ListedKey[]): string {
  const rows = keys.map((key) => [
    key.id,
    key.tenant,
    key.scopes.join(","),
    key.egress,
    key.created_at.slice(0, 16),
    key.revoked_at === null ? "live" : `revoked ${key.revoked_at.slice(0, 16)}`,
    key.replaces ?? "",
  ]);
  const all = [["id", "tenant", "scopes", "egress", "created", "state", "replaces"], ...rows];
  const widths = all[0]?.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths?.[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
