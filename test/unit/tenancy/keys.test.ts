// Guarantees of looking up a key: who gets in, who does not, and what happens while the store is down.
import { describe, expect, it } from "vitest";
import { hex } from "../../../gateway/core/hex.ts";
import { checksumOf, digestOf, mintKey, type ApiKey } from "../../../gateway/tenancy/api-key.ts";
import { freshSeconds, Keys } from "../../../gateway/tenancy/keys.ts";
import type { StoredKey } from "../../../gateway/tenancy/stored-key.ts";
import { ManualClock } from "../support/manual-clock.ts";

const record: StoredKey = {
  tenant: "acme",
  scopes: ["rank", "admin"],
  egress: "summary",
  created_at: "2026-11-22T12:00:00.000Z",
  revoked_at: null,
  replaces: null,
};

/** KV as far as keys read it, which may throw or never answer. */
class FakeState {
  readonly entries = new Map<string, { value: string; metadata: unknown }>();
  readonly reads: string[] = [];
  readonly cacheTtls = new Set<unknown>();
  mode: "up" | "down" | "hangs" = "up";

  getWithMetadata(name: string, options: { cacheTtl: number }) {
    this.reads.push(name);
    this.cacheTtls.add(options.cacheTtl);
    if (this.mode === "down") return Promise.reject(new Error("canary"));
    if (this.mode === "hangs") return new Promise<never>(() => {});
    return Promise.resolve(this.entries.get(name) ?? { value: null, metadata: null });
  }

  async issue(given: Partial<StoredKey> = {}): Promise<ApiKey> {
    const key = mintKey("live");
    const value = hex(await digestOf(key));
    this.entries.set(`key:${key.id}`, { value, metadata: { ...record, ...given } });
    return key;
  }
}

function setUp() {
  const state = new FakeState();
  const clock = new ManualClock();
  const faults: string[] = [];
  const keys = new Keys(state as never, clock, (fault) => void faults.push(fault));
  return { state, clock, faults, keys, ask: ({ text }: ApiKey) => keys.holderOf(`Bearer ${text}`) };
}

/** The same id under another secret, its checksum right. */
function forge({ id, text }: ApiKey): ApiKey {
  const body = text.slice(0, -9);
  const forged = `${body.slice(0, -1)}${body.endsWith("a") ? "b" : "a"}`;
  return { id, text: `${forged}_${checksumOf(forged)}` };
}

const unknown = { ok: false, failure: "unknown" };
const unavailable = { ok: false, failure: "unavailable" };

describe("a key's holder", () => {
  it("is told with tenant, scopes, egress and the tenant's epoch", async () => {
    const { state, ask } = setUp();
    const key = await state.issue();
    expect(await ask(key)).toMatchObject({
      ok: true,
      value: {
        keyId: key.id,
        tenant: "acme",
        scopes: ["rank", "admin"],
        egress: "summary",
        epoch: 0,
      },
    });
  });

  it("has the epoch of the last purge", async () => {
    const { state, ask } = setUp();
    state.entries.set("tenant:acme", { value: "tenant", metadata: { epoch: 7 } });
    expect(await ask(await state.issue())).toMatchObject({ value: { epoch: 7 } });
  });

  it("may have two live keys at once, as in a rotation", async () => {
    const { state, ask } = setUp();
    const first = await state.issue();
    const second = await state.issue({ replaces: first.id });
    expect((await ask(first)).ok && (await ask(second)).ok).toBe(true);
  });
});

describe("what is refused", () => {
  it.each([
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "Basic dXNlcjpzZWNyZXQ=",
    "Bearer tr_live_abc",
    `Bearer tr_live_${"a".repeat(10_000)}`,
  ])("is refused unread: %.30s", async (header) => {
    const { state, keys } = setUp();
    expect(await keys.holderOf(header)).toEqual(unknown);
    expect(state.reads).toEqual([]);
  });

  it("is a good key with anything before or behind it", async () => {
    const { state, keys } = setUp();
    const { text } = await state.issue();
    for (const header of [text, `Bearer ${text}, Bearer ${text}`, `Token ${text}`]) {
      expect(await keys.holderOf(header)).toEqual(unknown);
    }
    expect(state.reads).toEqual([]);
  });

  it("is an unknown id, another secret, a revoked key and a broken record alike", async () => {
    const { state, ask } = setUp();
    const good = await state.issue();
    const revoked = await state.issue({ revoked_at: "2026-11-22T13:00:00.000Z" });
    const broken = await state.issue({ scopes: "all" as never });
    const short = await state.issue();
    state.entries.set(`key:${short.id}`, { value: "00", metadata: record });
    const blank = await state.issue();
    state.entries.set(`key:${blank.id}`, { value: "0".repeat(64), metadata: record });
    for (const key of [mintKey("live"), forge(good), revoked, broken, short, blank]) {
      expect(await ask(key)).toEqual(unknown);
    }
    expect((await ask(good)).ok).toBe(true);
  });
});

describe("a change in the store", () => {
  it("is seen when what was read is no longer fresh: a revoked key ends, a purge counts", async () => {
    const { state, clock, ask } = setUp();
    const key = await state.issue();
    await ask(key);
    state.entries.set("tenant:acme", { value: "tenant", metadata: { epoch: 1 } });
    clock.advance(freshSeconds * 1_000 - 1);
    expect(await ask(key)).toMatchObject({ value: { epoch: 0 } });
    clock.advance(1);
    expect(await ask(key)).toMatchObject({ value: { epoch: 1 } });
    state.entries.set(`key:${key.id}`, {
      value: "revoked",
      metadata: { ...record, revoked_at: "2026-11-22T13:00:00.000Z" },
    });
    clock.advance(freshSeconds * 1_000);
    expect(await ask(key)).toEqual(unknown);
  });

  it("is seen at once where the key was unknown: a new key works as soon as KV has it", async () => {
    const { state, ask } = setUp();
    const key = await state.issue();
    const entry = state.entries.get(`key:${key.id}`);
    state.entries.clear();
    expect(await ask(key)).toEqual(unknown);
    if (entry) state.entries.set(`key:${key.id}`, entry);
    expect((await ask(key)).ok).toBe(true);
  });

  it("costs two reads in that time, with KV's own cache at as long", async () => {
    const { state, ask } = setUp();
    const key = await state.issue();
    for (let count = 0; count < 5; count += 1) await ask(key);
    expect(state.reads).toEqual([`key:${key.id}`, "tenant:acme"]);
    expect([...state.cacheTtls]).toEqual([freshSeconds]);
  });
});

describe("while the store is down", () => {
  it("a key known for less than five minutes works, and an unknown one is not told invalid", async () => {
    const { state, clock, faults, ask } = setUp();
    const key = await state.issue();
    await ask(key);
    state.mode = "down";
    clock.advance(5 * 60_000 - 1);
    expect((await ask(key)).ok).toBe(true);
    expect(await ask(forge(key))).toEqual(unknown);
    expect(await ask(mintKey("live"))).toEqual(unavailable);
    clock.advance(1);
    expect(await ask(key)).toEqual(unavailable);
    state.mode = "up";
    expect((await ask(key)).ok).toBe(true);
    expect(new Set(faults)).toEqual(new Set(["state_failed"]));
  });

  it("a known key waits for it once in a while only", async () => {
    const { state, clock, ask } = setUp();
    const key = await state.issue();
    await ask(key);
    state.mode = "down";
    clock.advance(freshSeconds * 1_000);
    for (let count = 0; count < 9; count += 1) await ask(key);
    expect(state.reads).toHaveLength(3);
  });

  it("a revoked key stays revoked", async () => {
    const { state, clock, ask } = setUp();
    const key = await state.issue({ revoked_at: "2026-11-22T13:00:00.000Z" });
    await ask(key);
    state.mode = "down";
    clock.advance(freshSeconds * 1_000);
    expect(await ask(key)).toEqual(unknown);
  });

  it("a store that never answers is down after two seconds", async () => {
    const { state, clock, faults, ask } = setUp();
    state.mode = "hangs";
    const asked = ask(mintKey("live"));
    clock.advance(2_000);
    expect(await asked).toEqual(unavailable);
    expect(faults).toEqual(["state_timeout"]);
  });

  it("a store that is not bound is a store that is down", async () => {
    const keys = new Keys(undefined as never, new ManualClock(), () => {});
    expect(await keys.holderOf(`Bearer ${mintKey("live").text}`)).toEqual(unavailable);
  });

  it("remembers a bounded number of keys", async () => {
    const { state, ask } = setUp();
    const keys = await Promise.all(Array.from({ length: 1_001 }, () => state.issue()));
    for (const key of keys) await ask(key);
    state.mode = "down";
    const [first, second] = keys;
    if (!first || !second) throw new Error("no keys");
    expect(await ask(first)).toEqual(unavailable);
    expect((await ask(second)).ok).toBe(true);
  });
});
