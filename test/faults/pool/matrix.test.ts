// The fault matrix, one request a cell, through the whole Worker and a TCP proxy; the run prints the table.
import { afterAll, describe, expect, it } from "vitest";
import { problemAnswer, rankAnswer } from "../../../gateway/edge/answer-schema.ts";
import { life } from "../../contract/service.ts";
import { geminiRows } from "./gemini-rows.ts";
import { gemini, Isolate, origin } from "./isolate.ts";
import { originRows } from "./origin-rows.ts";
import type { Row } from "./row.ts";
import { useScene } from "./scene.ts";
import { note, printTable } from "./table.ts";

/** The bounds. */
const maxCalls = 6;
const lateMs = 200;
/** Long enough that only a stage without its cap could use it up. */
const budgetMs = 10_000;

const scene = useScene();
afterAll(() => printTable("Fault matrix, one request a row"));

async function run(row: Row): Promise<void> {
  const { body, settings, refusal = null } = row;
  const asked = { timeout_ms: budgetMs, ...body };
  const isolate = new Isolate(settings);
  if (row.origin) await origin.strike(row.origin);
  if (row.gemini) await gemini.strike(row.gemini);
  const response = await isolate.ask(asked);
  const { watch } = scene;
  const own = watch.calls.filter(({ probe }) => !probe).length;
  const durationMs = Number(watch.events[0]?.["duration_ms"]);
  const text = await response.text();
  const { source, reason, attempts } = heldTo(row, response, text);
  const second = attempts.find((each) => each.source === "gemini")?.reason ?? null;
  if (refusal === null) expect(row.second ?? [null]).toContain(second);
  expect(watch.calls.length).toBeLessThanOrEqual(maxCalls);
  expect(durationMs).toBeLessThanOrEqual(asked.timeout_ms + lateMs);
  if (row.circuit !== undefined) expect((await isolate.origin()).state).toBe(row.circuit);
  const reasons = [...new Set([reason, second])].filter((each) => each !== null);
  note({
    ...row,
    served: source ?? String(refusal),
    reason: reasons.join(", ") || null,
    ms: durationMs,
    calls: own,
    probes: watch.calls.length - own,
  });
}

/** What every answer must be, and what the row says of this one. */
function heldTo(row: Row, response: Response, text: string) {
  const { refusal = null } = row;
  if (refusal !== null) {
    expect(response.status).toBe(refusal);
    const { attempts = [], ...problem } = problemAnswer.parse(JSON.parse(text));
    expect(problem).toMatchObject({ status: refusal, retryable: true });
    if (refusal === 503) {
      const waitSeconds = Number(response.headers.get("retry-after"));
      expect(waitSeconds).toBeGreaterThanOrEqual(1);
      expect(waitSeconds).toBeLessThanOrEqual(60);
    }
    return { source: null, reason: attempts[0]?.reason ?? null, attempts };
  }
  // The body shows what went wrong where it is not an answer.
  expect([response.status, response.status === 200 ? "" : text]).toEqual([200, ""]);
  const answer = rankAnswer.parse(JSON.parse(text));
  const { source, reason, degraded, themes } = answer;
  expect({ source, reason, degraded }).toEqual({
    source: row.source,
    reason: row.reason,
    degraded: row.source !== "origin",
  });
  const wanted: readonly string[] = row.body?.themes ?? life.map(({ id }) => id);
  expect(themes.map(({ id }) => id).toSorted()).toEqual([...wanted].toSorted());
  for (const { id, score } of themes) {
    expect(score).toBeGreaterThanOrEqual(0);
    expect(score).toBeLessThanOrEqual(100);
    const expected = row.scores?.(wanted.indexOf(id));
    if (expected !== undefined) expect(Math.abs(score - expected)).toBeLessThan(1);
  }
  return answer;
}

describe("a fault of the origin", () => {
  it.each(originRows)("$cell $fault: $source, $reason", run);
});

describe("a fault of Gemini while the origin is down", () => {
  it.each(geminiRows)("$cell $fault: $source, $second", run);
});

it("has every cell that one request can show; histories.test.ts has the others", () => {
  const cells = new Set([...originRows, ...geminiRows].map(({ cell }) => cell));
  const numbers = [...Array.from({ length: 18 }, (_, index) => index + 1), 20, 25, 26, 31];
  expect(cells).toEqual(new Set(["-", ...numbers.map((number) => `F${number}`)]));
});
