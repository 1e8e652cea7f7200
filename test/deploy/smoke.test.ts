// Guarantees of the smoke suite: what it must not let pass, over HTTP against the loopback edge.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hex } from "../../gateway/core/hex.ts";
import { smoke, type Smoke } from "../../gateway/deploy/smoke.ts";
import { digestOf, mintKey } from "../../gateway/tenancy/api-key.ts";
import {
  startFakeCloudflare,
  type Behaviour,
  type FakeCloudflare,
} from "../support/fake-cloudflare.ts";

const key = mintKey("live");
let cloudflare: FakeCloudflare;

beforeAll(async () => {
  cloudflare = await startFakeCloudflare();
  const value = { value: hex(await digestOf(key)), ttl: null };
  const values = new Map([[`key:${key.id}`, value]]);
  cloudflare.namespaces.push({ id: "1".repeat(32), title: "state", values });
});

afterAll(() => cloudflare.close());

beforeEach(() => {
  cloudflare.serve("themerank", { old: "well", new: "well" }, { old: 100, new: 0 });
});

/** The faults found, by guarantee. */
async function faults(more: Partial<Smoke> = {}): Promise<Readonly<Record<string, string>>> {
  const target: Smoke = {
    url: cloudflare.baseUrl,
    key: key.text,
    version: { id: "new", worker: "themerank" },
    source: "gemini",
    allowDegraded: false,
    settleMs: 1_500,
    ...more,
  };
  const findings = await smoke(target);
  return Object.fromEntries(
    findings.flatMap(({ name, fault }) => (fault === null ? [] : [[name, fault]])),
  );
}

const behaving = (behaviour: Behaviour) =>
  cloudflare.serve("themerank", { old: "well", new: behaviour }, { old: 100, new: 0 });

describe("the smoke suite", () => {
  it("passes a version that has no traffic yet, and asks no other", async () => {
    expect(await faults()).toEqual({});
    expect(cloudflare.worker("themerank").versions.map(({ served }) => served > 0)).toEqual([
      false,
      true,
    ]);
  });

  it("does not take the old version's answers for the new one's", async () => {
    cloudflare.serve("themerank", { old: "well", new: "well" }, { old: 100 });
    expect(await faults()).toEqual({
      "it answers, and as the version that was deployed": "version old answered, not new",
    });
  });

  it("finds a gateway that asks nobody for a key", async () => {
    behaving("open to all");
    expect(await faults()).toEqual({
      "it refuses whoever has no key": "/v1/rank answered 200, not 401",
    });
  });

  it("finds another ranker in the first one's place, unless that is allowed", async () => {
    behaving("by another ranker");
    const found = "lexical ranked in the first one's place: gemini_error";
    expect(await faults()).toEqual({ "it ranks for a key": found });
    expect(await faults({ allowDegraded: true })).toEqual({});
  });

  it("finds a Worker whose secret is gone, though it answers as well as it can", async () => {
    expect(await faults({ source: "origin" })).toEqual({
      "it ranks for a key": "gemini ranked, not origin",
    });
  });

  it("finds a Worker that refuses its settings, with their names", async () => {
    behaving("not at all");
    expect(await faults()).toEqual({
      "it answers, and as the version that was deployed":
        "/v1/status answered 503, not 200: Misconfigured, RANKERS",
    });
  });

  it("finds that nothing answers", async () => {
    const dead = await startFakeCloudflare();
    const url = dead.baseUrl;
    await dead.close();
    expect(await faults({ url, settleMs: 0 })).toEqual({
      "it answers, and as the version that was deployed": expect.stringContaining(
        "ECONNREFUSED",
      ) as unknown,
    });
  });
});
