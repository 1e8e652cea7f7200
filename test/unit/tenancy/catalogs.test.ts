// Guarantees of an isolate's view of catalogues: what it remembers, for how long, and while the store is down.
import { describe, expect, it } from "vitest";
import { Catalogs } from "../../../gateway/tenancy/catalogs.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { money, sleep } from "../support/theme.ts";

interface Stored {
  readonly value: unknown;
  readonly metadata: unknown;
}

/** KV as far as catalogues use it; what is read may be older than what was written last. */
class FakeState {
  readonly entries = new Map<string, Stored>();
  /** What a location reads that has not seen the last write; null = the truth. */
  stale: ReadonlyMap<string, Stored> | null = null;
  reads = 0;
  mode: "up" | "down" | "hangs" = "up";

  #answer<T>(value: T): Promise<T> {
    if (this.mode === "down") return Promise.reject(new Error("canary"));
    return this.mode === "hangs" ? new Promise<never>(() => {}) : Promise.resolve(value);
  }

  getWithMetadata(key: string) {
    this.reads += 1;
    return this.#answer((this.stale ?? this.entries).get(key) ?? { value: null, metadata: null });
  }

  put(key: string, text: string, { metadata }: { metadata: unknown }) {
    if (this.mode === "up") this.entries.set(key, { value: JSON.parse(text) as unknown, metadata });
    return this.#answer(null);
  }

  delete(key: string) {
    if (this.mode === "up") this.entries.delete(key);
    return this.#answer(null);
  }

  list({ prefix }: { prefix: string }) {
    const own = [...this.entries].filter(([name]) => name.startsWith(prefix));
    return this.#answer({ keys: own.map(([name, { metadata }]) => ({ name, metadata })) });
  }
}

function setUp(state = new FakeState()) {
  const clock = new ManualClock();
  const faults: string[] = [];
  const catalogs = new Catalogs(state as never, clock, (fault) => void faults.push(fault));
  const find = async () => {
    const found = await catalogs.find("acme", "mine");
    return found.ok ? (found.value?.themes.map(({ id }) => id) ?? null) : found.failure;
  };
  return { state, clock, faults, catalogs, find };
}

describe("a catalogue that was read", () => {
  it("serves for 30 s without another look, then what the store says", async () => {
    const writer = setUp();
    await writer.catalogs.put("acme", "mine", [money]);
    const { state, clock, find } = setUp(writer.state);
    expect(await find()).toEqual([money.id]);
    await writer.catalogs.put("acme", "mine", [sleep]);
    state.reads = 0;
    clock.advance(29_999);
    expect([await find(), state.reads]).toEqual([[money.id], 0]);
    clock.advance(1);
    expect([await find(), state.reads]).toEqual([[sleep.id], 1]);
  });

  it("serves for 5 minutes while the store is down or silent, and the fault is told", async () => {
    const { state, clock, faults, catalogs, find } = setUp();
    await catalogs.put("acme", "mine", [money]);
    state.mode = "down";
    clock.advance(4 * 60_000);
    expect([await find(), faults]).toEqual([[money.id], ["state_failed"]]);
    state.mode = "hangs";
    const silent = find();
    clock.advance(2_000);
    expect([await silent, faults.at(-1)]).toEqual([[money.id], "state_timeout"]);
    state.mode = "down";
    clock.advance(60_000);
    expect(await find()).toBe("unavailable");
  });
});

describe("a catalogue that was written here", () => {
  it("is seen here at once, though the store still shows the old one", async () => {
    const { state, clock, catalogs, find } = setUp();
    await catalogs.put("acme", "mine", [money]);
    state.stale = new Map(state.entries);
    await catalogs.put("acme", "mine", [sleep]);
    clock.advance(59_999);
    expect(await find()).toEqual([sleep.id]);
  });

  it("has a version of its own, though the store still shows the old one", async () => {
    const { state, catalogs } = setUp();
    const versions = [];
    for (const themes of [[money], [sleep], [money, sleep]]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const written = await catalogs.put("acme", "mine", themes);
      versions.push(written.ok ? written.value.version : null);
      state.stale ??= new Map(state.entries);
    }
    expect(versions).toEqual([1, 2, 3]);
  });

  it("is gone here at once when it is deleted, though the store still shows it", async () => {
    const { state, clock, catalogs, find } = setUp();
    await catalogs.put("acme", "mine", [money]);
    state.stale = new Map(state.entries);
    await catalogs.remove("acme", "mine");
    clock.advance(59_999);
    expect([await find(), state.entries.size]).toEqual([null, 0]);
  });

  it("is not remembered when the store did not take it", async () => {
    const { state, catalogs, find } = setUp();
    state.mode = "down";
    expect(await catalogs.put("acme", "mine", [money])).toEqual({
      ok: false,
      failure: "unavailable",
    });
    state.mode = "up";
    expect(await find()).toBeNull();
  });
});

describe("a name that cannot be one", () => {
  it("reaches no key of the store", async () => {
    const { state, catalogs } = setUp();
    for (const name of ["", "A", "-a", "a:b", "a/b", "a".repeat(65), "__proto__"]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await catalogs.find("acme", name)).toEqual({ ok: true, value: null });
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect(await catalogs.remove("acme", name)).toEqual({ ok: true, value: null });
    }
    expect(state.reads).toBe(0);
  });
});
