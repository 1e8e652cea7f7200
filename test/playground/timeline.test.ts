// Where the time went: what the service tells and what the tab saw, as legs on one line.
import { describe, expect, it } from "vitest";
import { legsOf, parseServerTiming } from "../../gateway/playground/timeline.js";

describe("Server-Timing", () => {
  it("is read with its descriptions", () => {
    const header = 'cache;dur=3, origin;dur=412;desc="origin_timeout, at last; so", total;dur=415';
    expect(parseServerTiming(header)).toEqual([
      { name: "cache", durationMs: 3, description: "" },
      { name: "origin", durationMs: 412, description: "origin_timeout, at last; so" },
      { name: "total", durationMs: 415, description: "" },
    ]);
  });

  it.each([null, "", "a;dur=x", ";dur=1"])("gives nothing for %j", (header) => {
    expect(parseServerTiming(header)).toEqual([]);
  });
});

describe("the legs", () => {
  it("follow each other, and the rest is the gateway's and the network's", () => {
    const legs = legsOf({
      metrics: parseServerTiming("cache;dur=5"),
      attempts: [
        { source: "origin", outcome: "failed", reason: "origin_timeout", duration_ms: 100 },
        { source: "gemini", outcome: "skipped", reason: "egress", duration_ms: 0 },
        { source: "lexical", outcome: "ok", reason: null, duration_ms: 2 },
      ],
      rankedMs: 130,
      summarisedMs: 200,
      summaryName: "Summary",
      summaryReason: null,
    });
    expect(
      legs.map(({ name, startMs, durationMs, reason, asked }) => [
        name,
        startMs,
        durationMs,
        reason,
        asked,
      ]),
    ).toEqual([
      ["Cache", 0, 5, null, true],
      ["Origin", 0, 100, "origin_timeout", true],
      ["Gemini", 100, 0, "egress", false],
      ["Shared words", 100, 2, null, true],
      ["Gateway and network", 102, 28, null, true],
      ["Summary", 130, 70, null, true],
    ]);
  });
});
