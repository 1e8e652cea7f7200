// Guarantees of the gateway's dashboard: its SQL, run over rows as the gateway writes them, tells the truth.
import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, it } from "vitest";
import { blobs, doubles, toDataPoint } from "../../gateway/telemetry/data-point.ts";
import type { RequestRecord } from "../../gateway/telemetry/request-record.ts";
import { observabilityFile } from "./metric-names.ts";

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets: readonly { readonly query: string; readonly rawQuery: string }[];
}
const { panels } = JSON.parse(observabilityFile("grafana/gateway.json")) as {
  panels: readonly Panel[];
};
const queries = panels.flatMap(({ title, targets }) =>
  targets.map(({ query }) => [title, query] as const),
);

const startedSeconds = 1_795_348_800;
/** Every row stands for two requests, as where Analytics Engine samples one in two. */
const sampleInterval = 2;

const call = {
  source: "origin",
  model: "llama",
  reason: null,
  duration_ms: 90,
  prompt_tokens: 800,
  completion_tokens: 24,
  cost_usd: 0.25,
} as const;
const base: RequestRecord = {
  event: "request",
  id: "req_1",
  method: "POST",
  route: "/v1/rank",
  status: 200,
  duration_ms: 100,
  colo: "AMS",
  release: "1.0.0",
  tenant: "0123456789abcdef",
  key: "abcd1234",
  source: "origin",
  model: "llama",
  degraded: false,
  reason: null,
  cache: "miss",
  themes: 24,
  known: 0,
  ranked: 24,
  breaker: "closed",
  calls: [call],
  prompt_tokens: 800,
  completion_tokens: 24,
  cost_usd: 0.25,
  saved_usd: 0,
  stages: { cache: 5, origin: 95, "summary-gemini": 700, "summary-cache": 3 },
};
const records: readonly RequestRecord[] = [
  base,
  { ...base, cache: "hit", known: 24, ranked: 0, calls: [], cost_usd: 0, saved_usd: 0.5 },
  {
    ...base,
    id: "req_failed_over",
    source: "gemini",
    degraded: true,
    reason: "origin_timeout",
    breaker: "open",
    duration_ms: 900,
    calls: [
      { ...call, reason: "origin_timeout", cost_usd: null },
      { ...call, source: "gemini" },
    ],
    cost_usd: null,
  },
  {
    event: "request",
    id: "req_nobody",
    method: "POST",
    route: "/v1/rank",
    status: 503,
    duration_ms: 200,
    colo: "AMS",
    release: "1.0.0",
    problem: "ranking-unavailable",
    reason: "origin_error",
    attempts: [],
    cache_faults: ["get_timeout"],
    calls: [{ ...call, source: "gemini", reason: "gemini_quota" }],
    cost_usd: 0,
    saved_usd: 0,
  },
  {
    event: "request",
    id: "req_health",
    method: "GET",
    route: "/healthz",
    status: 200,
    duration_ms: 0,
    colo: null,
    release: "1.0.0",
  },
];

let table: DatabaseSync;

/** What of Analytics Engine's SQL SQLite has not: functions of the same name and meaning. */
function functionsOf(database: DatabaseSync): void {
  const number = (value: unknown) => Number(value);
  database.function("intDiv", (a, b) => Math.floor(number(a) / number(b)));
  database.function("toUInt32", (a) => number(a));
  database.function("toDateTime", (a) => number(a));
  database.aggregate("sumIf", {
    start: 0,
    step: (sum: number, value, condition) => sum + (condition ? number(value) : 0),
  });
  // SQLite keeps numbers and text between rows: lists are JSON.
  database.aggregate("weightedQuantile", {
    start: "[]",
    step: (rows: string, level, value, weight) =>
      JSON.stringify([...(JSON.parse(rows) as unknown[]), [level, value, weight]]),
    result: (rows: string) => {
      const read = JSON.parse(rows) as [level: number, value: number, weight: number][];
      const sorted = read.toSorted(([, a], [, b]) => a - b);
      const total = sorted.reduce((sum, [, , weight]) => sum + weight, 0);
      let below = 0;
      for (const [level, value, weight] of sorted) {
        below += weight;
        if (below >= level * total) return value;
      }
      return 0;
    },
  });
  database.aggregate("argMax", {
    start: "[]",
    step: (best: string, value, at) => {
      const [, latest = -Infinity] = JSON.parse(best) as [unknown?, number?];
      return number(at) >= latest ? JSON.stringify([value, at]) : best;
    },
    result: (best: string) => (JSON.parse(best) as [string])[0],
  });
}

/** As Grafana's plug-in fills it in, in SQLite's words. */
function run(query: string): Record<string, unknown>[] {
  const filled = query
    .replaceAll("$dataset", "events")
    .replaceAll("$from", String(startedSeconds - 60))
    .replaceAll("$to", String(startedSeconds + 3_600))
    .replaceAll("$interval", "60")
    .replaceAll(/quantileExactWeighted\(([\d.]+)\)\(/g, "weightedQuantile($1, ")
    .replaceAll(/\bif\(/g, "iif(");
  return table.prepare(filled).all();
}

const valueOf = (title: string) => {
  const [, query] = queries.find(([name]) => name === title) ?? expect.fail(`no panel ${title}`);
  return Object.values(run(query)[0] ?? {})[0];
};

beforeAll(() => {
  table = new DatabaseSync(":memory:");
  functionsOf(table);
  const columns = (name: string) => Array.from({ length: 20 }, (_, at) => `${name}${at + 1}`);
  const all = [...columns("blob"), ...columns("double"), "index1", "timestamp", "_sample_interval"];
  table.exec(`CREATE TABLE events (${all.join(", ")})`);
  const insert = table.prepare(`INSERT INTO events VALUES (${all.map(() => "?").join(", ")})`);
  for (const [at, record] of records.entries()) {
    const { blobs: texts, doubles: figures, indexes } = toDataPoint(record);
    const pad = <T>(values: readonly T[], filler: T) => [
      ...values,
      ...Array.from({ length: 20 - values.length }, () => filler),
    ];
    const when = startedSeconds + at * 10;
    insert.run(...pad(texts, ""), ...pad(figures, 0), indexes[0], when, sampleInterval);
  }
});

describe("the columns of Analytics Engine", () => {
  it("are these, in this order: what is written already keeps its meaning", () => {
    expect(Object.keys(blobs).join(" ")).toBe(
      "id route tenant key source reason cache model ranker_version breaker problem colo release " +
        "calls summary_source summary_reason summary_cache cache_faults gemini_breaker",
    );
    expect(Object.keys(doubles).join(" ")).toBe(
      "status duration_ms cache_ms origin_ms gemini_ms summary_ms themes known ranked degraded " +
        "upstream_calls prompt_tokens completion_tokens cost_usd cost_known saved_usd saved_known " +
        "failed_calls",
    );
  });

  it("fit what a data point may hold: 20 of each, 16 kB of text, an index of 96 bytes", () => {
    for (const names of [blobs, doubles]) expect(Object.keys(names).length).toBeLessThanOrEqual(20);
    const long = "x".repeat(10_000);
    const row = toDataPoint({ ...base, id: long, model: long, ranker_version: long });
    expect(row.blobs.join("").length).toBeLessThan(16_000);
    expect(row.indexes[0].length).toBeLessThanOrEqual(96);
  });
});

describe("the dashboard", () => {
  it.each(queries)("asks what can be answered: %s", (title, query) => {
    expect(run(query).length, title).toBeGreaterThan(0);
  });

  it.each([
    ["Requests", 10],
    ["Hit ratio", 1 / 3],
    ["Failover rate", 0.5],
    ["Error rate", 0.2],
    ["p95 of rankings", 900],
    ["Cost", 0.5],
    ["Cost not known", 2],
    ["Saved", 1],
  ])("says what is: %s", (title, value) => {
    expect(valueOf(title)).toBeCloseTo(value, 9);
  });

  it("names the last failovers with their request, why, who served and what was tried", () => {
    const [, query] = queries.find(([name]) => name === "The last failovers") ?? expect.fail();
    expect(run(query)).toMatchObject([
      { request_id: "req_nobody", reason: "origin_error", served: "" },
      {
        request_id: "req_failed_over",
        reason: "origin_timeout",
        served: "gemini",
        calls: "origin:origin_timeout,gemini:ok",
      },
    ]);
  });

  it("tells the summary's time without counting its look into the cache twice", () => {
    const { doubles: figures } = toDataPoint(base);
    expect(figures[Object.keys(doubles).indexOf("summary_ms")]).toBe(700);
  });
});

describe("the rules", () => {
  it("each have a test that shows them fire", () => {
    const alerts = [...observabilityFile("rules.yml").matchAll(/- alert: (\w+)/g)].map(
      ([, name]) => name,
    );
    expect(alerts.length).toBeGreaterThan(10);
    const tests = observabilityFile("rules.test.yml");
    const shown = alerts.filter((name) =>
      tests.includes(`count(ALERTS{alertname="${name}", alertstate="firing"})\n`),
    );
    expect(shown).toEqual(alerts);
  });
});
