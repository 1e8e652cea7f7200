// Guarantees of what is told of a request.
import { afterEach, describe, expect, it, vi } from "vitest";
import type { RankOutcome, SummaryOutcome } from "../../gateway/core/outcome.ts";
import {
  cacheStatus,
  rankFields,
  reportAccessFault,
  reportCacheFault,
  RequestEvent,
  serverTiming,
  stageFields,
  summaryFields,
} from "../../gateway/telemetry.ts";
import { theme } from "./support/theme.ts";

const usage = { promptTokens: 1, completionTokens: 1, costUsd: null, savedUsd: 0, calls: [] };
const canary = theme("Canary label", "Canary words", "canary-id");

const ranking: RankOutcome = {
  themes: [{ theme: canary, score: 87.4, rank: 1, confidence: 0.9 }],
  scores: [87.41, 3],
  source: "gemini",
  model: "flash",
  reason: "origin_timeout",
  cache: { status: "miss", known: 0, ranked: 2, ageSeconds: null },
  attempts: [
    { source: "origin", outcome: "failed", reason: "origin_timeout", durationMs: 2_500 },
    { source: "gemini", outcome: "ok", reason: null, durationMs: 610 },
  ],
  usage,
};
const summary: SummaryOutcome = {
  written: { text: "Canary summary.", source: "extractive", model: "extractive-1" },
  themeIds: ["canary-id"],
  cache: { status: "miss", ageSeconds: null },
  attempts: [
    { source: "gemini", outcome: "skipped", reason: "egress", durationMs: 0 },
    { source: "extractive", outcome: "ok", reason: null, durationMs: 2 },
  ],
  reason: "egress",
};

afterEach(() => vi.restoreAllMocks());

describe("Server-Timing", () => {
  it("has a metric per attempt, in order, and the total", () => {
    expect(serverTiming(3_120, ranking)).toBe(
      'origin;dur=2500;desc="origin_timeout", gemini;dur=610, total;dur=3120',
    );
  });

  it("tells the summary's attempts from the ranking's", () => {
    expect(serverTiming(3_130, ranking, summary)).toBe(
      'origin;dur=2500;desc="origin_timeout", gemini;dur=610, ' +
        'summary-gemini;dur=0;desc="egress", summary-extractive;dur=2, total;dur=3130',
    );
  });

  it("tells what looks into the cache took before those who were asked", () => {
    const spent = { cache: 3, "summary-cache": 0 };
    expect(serverTiming(4, { attempts: [] }, undefined, { cache: 3 })).toBe(
      "cache;dur=3, total;dur=4",
    );
    expect(serverTiming(3_130, ranking, summary, spent)).toBe(
      'cache;dur=3, origin;dur=2500;desc="origin_timeout", gemini;dur=610, summary-cache;dur=0, ' +
        'summary-gemini;dur=0;desc="egress", summary-extractive;dur=2, total;dur=3130',
    );
    expect(stageFields(ranking, summary, spent)).toEqual({
      stages: {
        cache: 3,
        origin: 2_500,
        gemini: 610,
        "summary-cache": 0,
        "summary-gemini": 0,
        "summary-extractive": 2,
      },
    });
  });

  it("is the total alone when nobody was asked", () => {
    expect(serverTiming(4, { ...ranking, attempts: [] })).toBe("total;dur=4");
  });
});

describe("Cache-Status", () => {
  it.each([
    ["hit", "themerank; hit"],
    ["stale", "themerank; hit; detail=stale"],
    ["miss", "themerank; fwd=miss"],
    ["bypass", "themerank; fwd=bypass"],
    ["partial", 'themerank; fwd=partial; detail="20 known, 4 ranked"'],
  ] as const)("words %s as RFC 9211 does", (status, header) => {
    const cache = { status, known: 20, ranked: 4, ageSeconds: 1 };
    expect(cacheStatus({ ...ranking, cache })).toBe(header);
  });

  it("says how long a hit stays fresh, and since when stale scores are not", () => {
    const cache = { known: 2, ranked: 0, ageSeconds: 9 } as const;
    const hit = { ...cache, status: "hit", ttlSeconds: 86_391 } as const;
    expect(cacheStatus({ ...ranking, cache: hit })).toBe("themerank; hit; ttl=86391");
    const stale = { ...cache, status: "stale", ttlSeconds: -412 } as const;
    const failed = { source: "origin", reason: "origin_timeout", durationMs: 9 } as const;
    const of = (outcome: "failed" | "skipped") =>
      cacheStatus({
        ...ranking,
        source: "origin",
        attempts: [{ ...failed, outcome }],
        cache: stale,
      });
    expect(of("failed")).toBe("themerank; fwd=stale; ttl=-412; detail=stale");
    expect(of("skipped")).toBe("themerank; hit; ttl=-412; detail=stale");
  });

  it("says that the answer is another request's", () => {
    const cache = { known: 0, ranked: 2, ageSeconds: null, collapsed: true } as const;
    expect(cacheStatus({ ...ranking, cache: { ...cache, status: "miss" } })).toBe(
      "themerank; fwd=miss; collapsed",
    );
  });
});

describe("the event of a request", () => {
  const request = {
    id: "req_1",
    method: "POST",
    route: "/v1/rank",
    status: 503,
    duration_ms: 12,
    colo: null,
    release: "1.2.3",
  };

  it("is one JSON line with every field that was set, the last word counting", () => {
    const log = vi.spyOn(console, "log").mockReturnValue();
    const event = new RequestEvent();
    event.set({ problem: "a", status: 200 });
    event.set({ problem: "two\nlines\u2028" });
    const record = event.write(request);
    expect(log).toHaveBeenCalledOnce();
    const line = String(log.mock.calls[0]?.[0]);
    expect(line).not.toContain("\n");
    expect(JSON.parse(line)).toEqual(record);
    expect(record).toEqual({ event: "request", ...request, problem: "two\nlines\u2028" });
  });

  it("gathers what comes up more than once, and adds up what a stage took", () => {
    vi.spyOn(console, "log").mockReturnValue();
    const event = new RequestEvent();
    event.add("cache_faults", "get_timeout");
    event.add("cache_faults", "put_failed");
    event.spend("cache", 3);
    event.spend("cache", 4.4);
    expect(event.write(request)).toEqual({
      event: "request",
      ...request,
      cache_faults: ["get_timeout", "put_failed"],
      stages: { cache: 7 },
    });
  });

  it("tells of a ranking how it came about, each failover included", () => {
    expect(rankFields(ranking)).toEqual({
      source: "gemini",
      model: "flash",
      degraded: true,
      reason: "origin_timeout",
      cache: "miss",
      known: 0,
      ranked: 2,
      collapsed: false,
      themes: 2,
      attempts: [
        { source: "origin", outcome: "failed", reason: "origin_timeout", duration_ms: 2_500 },
        { source: "gemini", outcome: "ok", reason: null, duration_ms: 610 },
      ],
    });
    expect(rankFields({ ...ranking, reason: null })).toMatchObject({ degraded: false });
  });

  it("tells of a summary who wrote it, or why nobody did", () => {
    expect(summaryFields(summary)).toMatchObject({
      summary_source: "extractive",
      summary_reason: "egress",
      summary_cache: "miss",
    });
    expect(summaryFields({ ...summary, written: null })).toMatchObject({ summary_source: null });
  });

  it("holds no word of the user or of the summary", () => {
    const fields = { ...rankFields(ranking), ...summaryFields(summary) };
    expect(JSON.stringify(fields)).not.toMatch(/canary/i);
  });
});

describe("a fault of a part", () => {
  it("is one JSON line of its own", () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    reportCacheFault("get_timeout", "req_1");
    reportAccessFault("limiter_failed");
    expect(warn.mock.calls).toEqual([
      ['{"event":"cache_fault","fault":"get_timeout","id":"req_1"}'],
      ['{"event":"access_fault","fault":"limiter_failed"}'],
    ]);
  });
});
