// The cells of the fault matrix that take more than one request; the run prints the table.
import { env } from "cloudflare:workers";
import { afterAll, describe, expect, it, vi } from "vitest";
import {
  analyzeAnswer,
  problemAnswer,
  rankAnswer,
  statusAnswer,
} from "../../../gateway/edge/answer-schema.ts";
import keyRefused from "../../fixtures/gemini-error-400-key.json";
import { freshText, life } from "../../contract/service.ts";
import { midBody, type ProxyFault } from "../../support/fault-proxy.ts";
import { fourServers, gemini, Isolate, origin, type Strike } from "./isolate.ts";
import { useScene } from "./scene.ts";
import { note, printTable } from "./table.ts";

const scene = useScene();
const hasty = { ORIGIN_TIMEOUT_MS: "300" };
const refused = { proxy: { kind: "refuse" } } as const;
const hourMs = 3_600_000;

afterAll(() => printTable("Fault matrix, histories"));

type Answer = Awaited<ReturnType<Isolate["rank"]>>;

const originCalls = () =>
  scene.watch.calls.filter(({ upstream, probe }) => upstream === "origin" && !probe).length;
const slowest = () =>
  Math.max(...scene.watch.events.map((event) => Number(event["duration_ms"] ?? 0)));

/** One line for all answers of a history. */
function noteAll(cell: string, fault: string, answers: readonly Answer[]): void {
  const tally = (of: (answer: Answer) => string | null) => {
    const counts = Map.groupBy(answers.map(of), (name) => name);
    counts.delete(null);
    return [...counts].map(([name, all]) => `${name} ${all.length}`).join(", ");
  };
  const probes = scene.watch.calls.filter(({ probe }) => probe).length;
  note({
    cell,
    fault,
    served: tally(({ source }) => source),
    reason: tally(({ reason }) => reason) || null,
    ms: slowest(),
    calls: scene.watch.calls.length - probes,
    probes,
  });
}

async function rankTimes(isolate: Isolate, times: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  while (answers.length < times) answers.push(await isolate.rank());
  return answers;
}

const reasons = (answers: readonly Answer[], wanted: string) =>
  answers.filter(({ reason }) => reason === wanted).length;

describe("twelve requests, one after another", () => {
  it.each<ProxyFault>([
    { kind: "hang" },
    { kind: "stall", afterBytes: midBody },
    { kind: "drip", bytesPerSecond: 1 },
  ])("pay at most three timeouts: $kind", async (fault) => {
    await origin.strike({ proxy: fault });
    const answers = await rankTimes(new Isolate(hasty), 12);
    expect(reasons(answers, "origin_timeout")).toBeLessThanOrEqual(3);
    expect(reasons(answers, "origin_timeout") + reasons(answers, "circuit_open")).toBe(12);
    noteAll("F2", `${fault.kind}, twelve requests`, answers);
  });

  it.each<[what: string, answer: () => Promise<undefined>]>([
    ["does nothing", () => Promise.resolve(undefined)],
    ["throws", () => Promise.reject(new Error("no cache"))],
  ])("pay no more where the Cache API %s", async (what, answer) => {
    vi.spyOn(caches.default, "match").mockImplementation(answer);
    vi.spyOn(caches.default, "put").mockImplementation(answer);
    await origin.strike({ proxy: { kind: "hang" } });
    const answers = await rankTimes(new Isolate(hasty), 12);
    expect(reasons(answers, "origin_timeout")).toBeLessThanOrEqual(3);
    noteAll("F24", `hang, twelve requests, the Cache API ${what}`, answers);
  });

  it("are all answered by an origin that fails each second time", async () => {
    await origin.strike({ fake: { kind: "status", status: 500, every: 2 } });
    const answers = await rankTimes(new Isolate(), 12);
    expect(new Set(answers.map(({ source }) => source))).toEqual(new Set(["origin", "gemini"]));
    noteAll("F19", "500 each second time, twelve requests", answers);
  });
});

describe("an origin that comes back", () => {
  it.each([1, 10, 60])("after %i s serves again within 120 s", async (outageSeconds) => {
    const isolate = new Isolate();
    const answers: Answer[] = [];
    const second = async () => {
      scene.chance = (scene.chance + 0.618) % 1;
      const answer = await isolate.rank();
      answers.push(answer);
      await scene.watch.settled();
      scene.advance(1_000);
      return answer;
    };
    await origin.strike(refused);
    for (let passed = 0; passed < outageSeconds; passed += 1) await second();
    await origin.heal();
    let first = 0;
    let waited = 0;
    for (; waited < 120 && (await isolate.origin()).state !== "closed"; waited += 1) {
      const { source } = await second();
      if (first === 0 && source === "origin") first = waited + 1;
    }
    expect(waited).toBeLessThan(120);
    expect(await second()).toMatchObject({ source: "origin", degraded: false, reason: null });
    noteAll(
      "F21",
      `refused for ${outageSeconds} s: first after ${first} s, all ${waited} s`,
      answers,
    );
  });
});

/** The KV of results with some of its methods replaced. */
const kv = (change: object) => ({
  CACHE: {
    get: (key: string, type: "text") => env.CACHE.get(key, type),
    put: (...given: Parameters<KVNamespace["put"]>) => env.CACHE.put(...given),
    ...change,
  },
  KV_TIMEOUT_MS: "100",
});
const refuses = () => Promise.reject(new Error("KV failed: 429 Too Many Requests"));
const hangs = () => new Promise(() => {});

describe("KV", () => {
  it.each<[cell: string, fault: string, change: object, faults: string[]]>([
    ["F22", "get throws", { get: refuses }, ["get_failed"]],
    ["F22", "get hangs", { get: hangs }, ["get_timeout"]],
    ["F22", "get gives no JSON", { get: () => Promise.resolve("{broken") }, ["get_failed"]],
    ["F22", "get gives other JSON", { get: () => Promise.resolve('{"v":0,"scores":[1]}') }, []],
    ["F23", "put is refused: 429", { put: refuses }, ["put_failed"]],
    ["F23", "put hangs", { put: hangs }, ["put_timeout"]],
  ])("%s: %s costs nobody an answer", async (cell, fault, change, faults) => {
    const isolate = new Isolate(kv(change));
    const well = await isolate.rank();
    expect(well).toMatchObject({ source: "origin", degraded: false, cache: { status: "miss" } });
    expect(scene.watch.events[0]?.["cache_faults"] ?? []).toEqual(
      expect.arrayContaining(faults) as string[],
    );
    await origin.strike(refused);
    const down = await isolate.rank();
    expect(down).toMatchObject({ source: "gemini", reason: "origin_unreachable" });
    noteAll(cell, `KV ${fault}; then the origin is refused as well`, [well, down]);
  });

  it("of health that throws or hangs costs nobody an answer", async () => {
    for (const get of [refuses, hangs]) {
      const answer = await new Isolate({ STATE: { get, put: get } }).rank();
      expect(answer).toMatchObject({ source: "origin", degraded: false });
    }
  });

  it.each([
    ["F22", "of an older schema", (themes: Record<string, number[]>) => ({ v: 1, scores: themes })],
    [
      "F22",
      "with scores of an older shape",
      (themes: Record<string, number[]>) => ({
        tenant: "local",
        model: "theme-ranker",
        themes: withoutTimes(themes),
      }),
    ],
    [
      "F28",
      "of a clock two hours ahead",
      (themes: Record<string, number[]>) => ({
        tenant: "local",
        model: "theme-ranker",
        themes: moved(themes, 2 * hourMs),
      }),
    ],
  ] as const)("%s: an entry %s is not served, and is replaced", async (cell, what, change) => {
    const text = freshText();
    await new Isolate().rank({ text });
    for (const { name } of (await env.CACHE.list()).keys) {
      const entry = await env.CACHE.get<{ themes: Record<string, number[]> }>(name, "json");
      await env.CACHE.put(name, JSON.stringify(change(entry?.themes ?? {})));
    }
    scene.watch.forget();
    const again = await new Isolate().rank({ text });
    expect(again).toMatchObject({ source: "origin", cache: { status: "miss" } });
    expect(originCalls()).toBe(1);
    noteAll(cell, `an entry ${what}`, [again]);
    expect(await new Isolate().rank({ text })).toMatchObject({ cache: { status: "hit" } });
  });
});

const withoutTimes = (themes: Record<string, number[]>) =>
  Object.fromEntries(Object.entries(themes).map(([hash, [value]]) => [hash, value]));
const moved = (themes: Record<string, number[]>, byMs: number) =>
  Object.fromEntries(
    Object.entries(themes).map(([hash, [value, confidence, ...times]]) => [
      hash,
      [value, confidence, ...times.map((time) => time + byMs)],
    ]),
  );

describe("clocks", () => {
  it("F28: news of an outage from the future closes the origin to nobody", async () => {
    await origin.strike(refused);
    scene.advance(2 * hourMs);
    const ahead = new Isolate();
    await ahead.rank();
    await expect.poll(async () => (await ahead.origin()).state, { interval: 10 }).toBe("open");
    await scene.watch.settled();
    await origin.heal();
    scene.advance(-2 * hourMs);
    scene.watch.forget();
    const answer = await new Isolate().rank();
    expect(answer).toMatchObject({ source: "origin", degraded: false });
    noteAll("F28", "news of an outage, from a clock two hours ahead", [answer]);
  });
});

describe("both upstreams down", () => {
  it("F25: once the circuit is open the origin is not asked for a refusal either", async () => {
    await Promise.all([origin.strike(refused), gemini.strike(refused)]);
    const isolate = new Isolate();
    await isolate.rank();
    await expect.poll(async () => (await isolate.origin()).state, { interval: 10 }).toBe("open");
    await scene.watch.settled();
    scene.watch.forget();
    const response = await isolate.ask({ sources: ["origin", "gemini"] });
    expect(response.status).toBe(503);
    expect(originCalls()).toBe(0);
    note({
      cell: "F25",
      fault: "both: refused, circuit open",
      served: "503",
      reason: "circuit_open, gemini_unreachable",
      ms: slowest(),
      calls: scene.watch.calls.length,
    });
  });

  it("F25: hanging, once both circuits are open neither is asked", async () => {
    await Promise.all([origin, gemini].map((each) => each.strike({ proxy: { kind: "hang" } })));
    const isolate = new Isolate({ ...hasty, GEMINI_TIMEOUT_MS: "300" });
    const sources = ["origin", "gemini"];
    for (let count = 0; count < 3; count += 1)
      expect((await isolate.ask({ sources })).status).toBe(503);
    await scene.watch.settled();
    scene.watch.forget();
    const response = await isolate.ask({ sources });
    expect(response.status).toBe(503);
    const { attempts } = problemAnswer.parse(await response.json());
    expect(attempts?.map(({ reason }) => reason)).toEqual(["circuit_open", "circuit_open"]);
    expect(scene.watch.calls).toEqual([]);
    const status = statusAnswer.parse(await (await isolate.send("/v1/status")).json());
    expect(status.rankers.map(({ state }) => state)).toEqual(["open", "open", "closed"]);
    note({
      cell: "F25",
      fault: "both: hang, circuits open",
      served: "503",
      reason: "circuit_open, circuit_open",
      ms: slowest(),
      calls: 0,
    });
    scene.advance(6_000);
    await gemini.heal();
    const back = await isolate.rank({ sources });
    expect(back).toMatchObject({ source: "gemini", reason: "circuit_open" });
  });

  const gone = { fake: { kind: "status", status: 404 } } as const;
  const unknownField = { fake: { kind: "status", status: 400 } } as const;
  const models = (count: number) =>
    Array.from({ length: count }, (_, index) => `gemini-gone-${index}`).join(",");

  it.each<[what: string, settings: object, at: Strike, too: Strike]>([
    ["models gone", {}, gone, gone],
    ["a hundred models gone", { GEMINI_MODELS: models(100) }, gone, gone],
    ["refused, with ten models gone", { GEMINI_MODELS: models(10) }, refused, gone],
    ["fields refused", { ORIGIN_RATING_TOKENS: '{"15":0,"16":9}' }, unknownField, refused],
    ["broken", {}, { fake: { kind: "status", status: 500 } }, gone],
    ["a hanging origin", hasty, { proxy: { kind: "hang" } }, refused],
  ])("cost a request six calls at most, probes and all: %s", async (what, settings, at, too) => {
    await Promise.all([origin.strike(at), gemini.strike(too)]);
    const isolate = new Isolate(settings);
    for (let count = 0; count < 3; count += 1) {
      scene.watch.forget();
      const response = await isolate.ask({}, "/v1/analyze");
      expect(response.status).toBe(200);
      const answer = analyzeAnswer.parse(await response.json());
      expect(answer).toMatchObject({ source: "lexical", summary: { source: "extractive" } });
      await scene.watch.settled();
      expect(scene.watch.calls.length).toBeLessThanOrEqual(6);
      noteAll("F26", `both: ${what}: ranking and summary`, [rankAnswer.parse(answer)]);
      // Every doubt and every probe anew.
      scene.advance(20_000);
    }
  });

  it("cost a request six calls at most where the origin is four servers", async () => {
    await Promise.all([origin.strike(refused), gemini.strike(gone)]);
    const isolate = new Isolate({ ORIGIN_BASE_URL: fourServers() });
    for (let count = 0; count < 3; count += 1) {
      scene.watch.forget();
      expect((await isolate.ask({}, "/v1/analyze")).status).toBe(200);
      await scene.watch.settled();
      expect(scene.watch.calls.length).toBeLessThanOrEqual(6);
      scene.advance(20_000);
    }
  });

  it("raise an alarm where Google refuses the key, and where a model is gone", async () => {
    for (const [strike, status] of [
      [{ fake: { kind: "status", status: 400, body: keyRefused } }, 400],
      [gone, 404],
    ] as const) {
      scene.watch.forget();
      await gemini.strike(strike);
      expect((await new Isolate({ ORIGIN_BASE_URL: "" }).rank()).source).toBe("lexical");
      const alarm = { event: "alarm", alarm: "gemini_error", status };
      expect(scene.watch.alarms).toContainEqual(alarm);
    }
  });

  it("never ask for a Gemini model again that is gone", async () => {
    const settings = { ORIGIN_BASE_URL: "", GEMINI_MODELS: "gemini-gone,gemini-3.1-flash-lite" };
    const isolate = new Isolate(settings);
    const calls: number[] = [];
    for (let count = 0; count < 2; count += 1) {
      scene.watch.forget();
      expect(await isolate.rank()).toMatchObject({ source: "gemini", degraded: false });
      calls.push(scene.watch.calls.length);
    }
    expect(calls).toEqual([2, 1]);
  });
});

describe("a storm of duplicates", () => {
  it("F30: fifty at once are one call", async () => {
    await origin.strike({ proxy: { kind: "delay", ms: 150 } });
    const isolate = new Isolate();
    const text = freshText();
    const all = Array.from({ length: 50 }, () => isolate.rank({ text, themes: life }));
    const answers = await Promise.all(all);
    expect(answers.every(({ source }) => source === "origin")).toBe(true);
    expect(scene.watch.calls).toHaveLength(1);
    noteAll("F30", "fifty identical requests at once", answers);
  });
});
