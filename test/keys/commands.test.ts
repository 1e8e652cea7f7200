// Guarantees of `npm run keys`: what it writes, what it shows, and what it refuses.
import { describe, expect, it } from "vitest";
import { perform } from "../../gateway/keys/commands.ts";
import { BadCommand, readCommand, type Command } from "../../gateway/keys/options.ts";
import type { Entry, State } from "../../gateway/keys/state.ts";
import { digestOf, parseKey } from "../../gateway/tenancy/api-key.ts";

class MemoryState implements State {
  readonly entries = new Map<string, { value: string; metadata: object }>();

  list(prefix: string): Promise<readonly Entry[]> {
    const found = [...this.entries].filter(([name]) => name.startsWith(prefix));
    return Promise.resolve(found.map(([name, { metadata }]) => ({ name, metadata })));
  }

  put(name: string, value: string, metadata: object): Promise<void> {
    this.entries.set(name, { value, metadata });
    return Promise.resolve();
  }
}

const creation: Command = { name: "create", tenant: "acme", scopes: ["rank"], egress: "summary" };

async function created(state: State): Promise<{ id: string; text: string }> {
  const { out } = await perform(creation, state, "live");
  const key = parseKey(out);
  if (key === null) expect.fail("no key");
  return key;
}

describe("create", () => {
  it("shows the key once and keeps its digest alone", async () => {
    const state = new MemoryState();
    const key = await created(state);
    const [[name, { value, metadata }] = expect.fail("nothing")] = state.entries;
    expect(name).toBe(`key:${key.id}`);
    expect(Buffer.from(value, "hex")).toEqual(Buffer.from(await digestOf(key)));
    expect(metadata).toMatchObject({ tenant: "acme", scopes: ["rank"], egress: "summary" });
    const secret = key.text.split("_")[3] ?? "";
    expect(JSON.stringify([...state.entries])).not.toContain(secret);
    const { out, note } = await perform({ name: "list", tenant: null }, state, "live");
    expect(out).toContain(key.id);
    expect(out + note).not.toContain(secret);
  });

  it("says by its first word whether it is for local state", async () => {
    const { out } = await perform(creation, new MemoryState(), "test");
    expect(out).toMatch(/^tr_test_/);
  });
});

describe("revoke", () => {
  it("leaves no digest, and the list tells when", async () => {
    const state = new MemoryState();
    const { id } = await created(state);
    await perform({ name: "revoke", id }, state, "live");
    expect(state.entries.get(`key:${id}`)?.value).toBe("revoked");
    expect((await perform({ name: "list", tenant: "acme" }, state, "live")).out).toMatch(
      /revoked \d{4}-\d\d-\d\dT/,
    );
    expect((await perform({ name: "revoke", id }, state, "live")).note).toContain("before");
  });

  it("of a key that is not there is an error", async () => {
    const revoking = perform({ name: "revoke", id: "abcd1234" }, new MemoryState(), "live");
    await expect(revoking).rejects.toThrow(BadCommand);
  });
});

describe("rotate", () => {
  it("makes a second key with the same rights; both live until one is revoked", async () => {
    const state = new MemoryState();
    const first = await created(state);
    const { out } = await perform({ name: "rotate", id: first.id }, state, "live");
    const second = parseKey(out) ?? expect.fail("no key");
    expect(state.entries.get(`key:${second.id}`)?.metadata).toMatchObject({
      tenant: "acme",
      scopes: ["rank"],
      egress: "summary",
      replaces: first.id,
      revoked_at: null,
    });
    expect(state.entries.get(`key:${first.id}`)?.value).toMatch(/^[0-9a-f]{64}$/);
    // Neither may have a third beside them.
    for (const { id } of [first, second]) {
      await expect(perform({ name: "rotate", id }, state, "live")).rejects.toThrow("revoke one");
    }
    await perform({ name: "revoke", id: first.id }, state, "live");
    await expect(perform({ name: "rotate", id: first.id }, state, "live")).rejects.toThrow(
      "create",
    );
    await perform({ name: "rotate", id: second.id }, state, "live");
  });
});

describe("purge", () => {
  it("raises the tenant's epoch, and no other's", async () => {
    const state = new MemoryState();
    for (const tenant of ["acme", "acme", "acme-2"]) {
      await perform({ name: "purge", tenant }, state, "live");
    }
    expect(state.entries.get("tenant:acme")?.metadata).toEqual({ epoch: 2 });
    expect(state.entries.get("tenant:acme-2")?.metadata).toEqual({ epoch: 1 });
  });
});

describe("the command line", () => {
  it("is read with its defaults", () => {
    expect(readCommand(["create", "--tenant", "acme"])).toEqual({
      command: { name: "create", tenant: "acme", scopes: ["rank"], egress: "any" },
      place: { env: null, remote: false, persistTo: null },
    });
    const flags = "--tenant a --scopes admin,rank --egress none --env production";
    expect(readCommand(["create", ...flags.split(" ")])).toEqual({
      command: { name: "create", tenant: "a", scopes: ["rank", "admin"], egress: "none" },
      place: { env: "production", remote: true, persistTo: null },
    });
    expect(readCommand(["list", "--remote"]).place).toEqual({
      env: null,
      remote: true,
      persistTo: null,
    });
    expect(readCommand(["revoke", "abcd1234"]).command).toEqual({ name: "revoke", id: "abcd1234" });
  });

  it.each([
    [[]],
    [["make"]],
    [["create"]],
    [["create", "--tenant", "A B"]],
    [["create", "--tenant", "a", "--scopes", "root"]],
    [["create", "--tenant", "a", "--egress", "some"]],
    [["create", "x", "--tenant", "a"]],
    [["revoke"]],
    [["revoke", "short"]],
    [["revoke", "abcd1234", "abcd1235"]],
    [["revoke", "abcd1234", "--tenant", "a"]],
    [["list", "--scopes", "rank"]],
    [["purge"]],
    [["purge", "--tenant", "a", "--env", "production", "--persist-to", "x"]],
    [["list", "--remote", "--persist-to", "x"]],
    [["list", "--verbose"]],
  ])("is refused with a word why: %j", (args) => {
    expect(() => readCommand(args)).toThrow(BadCommand);
  });

  it("does not show a whole key that was given for an id", () => {
    const key = "tr_live_abcd1234_canary";
    expect(() => readCommand(["revoke", key])).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("canary") as string }),
    );
  });
});
