// Fault matrix, F25 and F26: what may become of Gemini when it is needed, the origin being refused.
import blocked from "../../fixtures/gemini-blocked.json";
import quota from "../../fixtures/gemini-error-429.json";
import keyRefused from "../../fixtures/gemini-error-400-key.json";
import cutShort from "../../fixtures/gemini-max-tokens.json";
import cutToNothing from "../../fixtures/gemini-max-tokens-no-parts.json";
import unsafe from "../../fixtures/gemini-safety.json";
import { midBody } from "../../support/fault-proxy.ts";
import type { Strike } from "./isolate.ts";
import type { Row } from "./row.ts";

const refused = { proxy: { kind: "refuse" } } as const;
const absurd = {
  fake: { kind: "status", status: 429, headers: { "retry-after": "1000000000" } },
} as const;
const silent = { fake: { kind: "hang" } } as const;
const stalled = { fake: { kind: "headers_then_stall" } } as const;
const dripping = { fake: { kind: "drip", bytesPerSecond: 1 } } as const;
const hasty = { GEMINI_TIMEOUT_MS: "300" };

const cell = (fault: string, strike: Strike, second: string | null, settings = {}): Row => ({
  cell: "F26",
  fault: `Gemini: ${fault}`,
  origin: refused,
  gemini: strike,
  source: "lexical",
  reason: "origin_unreachable",
  ...(second !== null && { second: [second] }),
  settings,
});

const says = (fault: string, body: unknown, second: string) =>
  cell(fault, { fake: { kind: "body", body } }, second);

const status = (code: number, second: string, body?: unknown) =>
  cell(String(code), { fake: { kind: "status", status: code, body } }, second);

/** The origin is silent in the proxy: healing it ends its probes, which would go on for their cap. */
const mute = { proxy: { kind: "hang" } } as const;

const bothDown = (
  fault: string,
  strike: Strike,
  code: number,
  settings: object,
  first: Strike = mute,
): Row => ({
  ...cell(fault, strike, null),
  cell: "F25",
  fault: `both: ${fault}`,
  origin: first,
  settings,
  body: { sources: ["origin", "gemini"], timeout_ms: 2_000 },
  refusal: code,
});

export const geminiRows: readonly Row[] = [
  says("prompt blocked", blocked, "gemini_blocked"),
  says("SAFETY", unsafe, "gemini_blocked"),
  says("no candidates", { candidates: [] }, "gemini_bad_output"),
  says("an empty object", {}, "gemini_bad_output"),
  says("MAX_TOKENS, half a JSON", cutShort, "gemini_bad_output"),
  says("MAX_TOKENS, nothing", cutToNothing, "gemini_bad_output"),
  {
    ...cell("first model gone", { fake: { kind: "delay", ms: 0 } }, null),
    source: "gemini",
    settings: { GEMINI_MODELS: "gemini-gone,gemini-3.1-flash-lite" },
  },
  status(404, "gemini_error"),
  status(429, "gemini_quota", quota),
  status(400, "gemini_error", keyRefused),
  status(500, "gemini_error"),
  status(503, "gemini_error"),
  cell("refused", { proxy: { kind: "refuse" } }, "gemini_unreachable"),
  cell("accepted, then silence", silent, "gemini_timeout", hasty),
  cell("a stalled body", { fake: { kind: "headers_then_stall" } }, "gemini_timeout", hasty),
  cell("one byte a second", { fake: { kind: "drip", bytesPerSecond: 1 } }, "gemini_timeout", hasty),
  cell("reset in mid body", { proxy: { kind: "reset", afterBytes: 200 } }, "gemini_unreachable"),
  cell("half of the JSON", { fake: { kind: "truncated_json" } }, "gemini_bad_output"),
  cell("a page", { fake: { kind: "html" } }, "gemini_bad_output"),
  cell("10 MB", { fake: { kind: "huge", bytes: 10_000_000 } }, "gemini_bad_output"),
  bothDown("refused", refused, 503, {}, refused),
  bothDown("429, Retry-After: 1000000000", absurd, 503, {}, absurd),
  bothDown("silence up to their caps", silent, 503, {
    ORIGIN_TIMEOUT_MS: "200",
    GEMINI_TIMEOUT_MS: "200",
  }),
  bothDown("silence beyond the budget", silent, 504, {
    ORIGIN_TIMEOUT_MS: "20000",
    GEMINI_TIMEOUT_MS: "20000",
  }),
  ...(
    [
      [silent, mute],
      [stalled, { proxy: { kind: "stall", afterBytes: midBody } }],
      [dripping, { proxy: { kind: "drip", bytesPerSecond: 1 } }],
    ] as const
  ).map(([strike, first]): Row => {
    return {
      ...bothDown(
        `${strike.fake.kind} beyond the budget, words accepted`,
        strike,
        504,
        {
          ORIGIN_TIMEOUT_MS: "20000",
          GEMINI_TIMEOUT_MS: "20000",
        },
        first,
      ),
      body: { timeout_ms: 2_000 },
      refusal: null,
      reason: "origin_timeout",
      // By a few ms, what the origin leaves is worth a try or not.
      second: ["gemini_timeout", "deadline"],
    };
  }),
];
