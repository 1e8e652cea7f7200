// Fault matrix, F1 to F20: what may become of the origin, one row a cell.
import { midBody } from "../../support/fault-proxy.ts";
import { asJson, choice, choices, completion } from "./completion.ts";
import type { Strike } from "./isolate.ts";
import type { Row } from "./row.ts";

/** Where a fault takes all the time it gets. Elsewhere a slow machine must not look like a fault. */
const hasty = { ORIGIN_TIMEOUT_MS: "300" };

const cell = (no: string, fault: string, strike: Strike, reason: string, settings = {}): Row => ({
  cell: no,
  fault,
  origin: strike,
  source: "gemini",
  reason,
  settings,
});

const status = (no: string, code: number, reason: string, more: object = {}): Row =>
  cell(no, String(code), { fake: { kind: "status", status: code, ...more } }, reason);

const answers = (no: string, fault: string, body: unknown): Row =>
  cell(no, fault, { fake: { kind: "body", body } }, "origin_bad_output");

const busy = (code: number, wait: string): Row => ({
  ...status("F13", code, "origin_overloaded", { headers: { "retry-after": wait } }),
  fault: `${code}, Retry-After: ${wait}`,
});

/** Not a fault, whatever it looks like. */
const fine = (no: string, fault: string, strike: Strike, settings = {}): Row => ({
  ...cell(no, fault, strike, "", settings),
  source: "origin",
  reason: null,
});

export const originRows: readonly Row[] = [
  fine("-", "none", { fake: { kind: "delay", ms: 0 } }),
  cell("F1", "refused", { proxy: { kind: "refuse" } }, "origin_unreachable"),
  cell("F2", "accepted, then silence", { proxy: { kind: "hang" } }, "origin_timeout", hasty),
  cell(
    "F3",
    "headers, then a stalled body",
    { proxy: { kind: "stall", afterBytes: midBody } },
    "origin_timeout",
    hasty,
  ),
  cell(
    "F4",
    "one byte a second",
    { proxy: { kind: "drip", bytesPerSecond: 1 } },
    "origin_timeout",
    hasty,
  ),
  cell(
    "F4",
    "a body of 50 bytes a second",
    { fake: { kind: "drip", bytesPerSecond: 50 } },
    "origin_timeout",
    hasty,
  ),
  cell(
    "F5",
    "reset instead of an answer",
    { proxy: { kind: "reset", afterBytes: 0 } },
    "origin_unreachable",
  ),
  cell(
    "F5",
    "reset in mid body",
    { proxy: { kind: "reset", afterBytes: midBody } },
    "origin_unreachable",
  ),
  cell(
    "F5",
    "end of stream in mid body",
    { proxy: { kind: "cut", afterBytes: midBody } },
    "origin_unreachable",
  ),
  cell("F6", "200, half of the JSON", { fake: { kind: "truncated_json" } }, "origin_bad_output"),
  cell("F7", "200, a tunnel's page", { fake: { kind: "html" } }, "origin_bad_output"),
  status("F8", 530, "origin_error", { body: "error code: 1033" }),
  cell(
    "F9",
    "302 to a login page",
    { fake: { kind: "redirect", location: "https://login.example/cdn-cgi/access" } },
    "origin_auth",
  ),
  status("F10", 403, "origin_auth"),
  status("F11", 401, "origin_auth"),
  status("F12", 404, "origin_model"),
  busy(429, "7"),
  busy(429, "Sun, 06 Nov 2044 08:49:37 GMT"),
  busy(429, "1000000000"),
  busy(429, "-5"),
  busy(503, "soon"),
  ...[500, 502, 504, 520, 522, 524].map((code) => status("F14", code, "origin_error")),
  status("F14", 503, "origin_overloaded"),
  answers("F15", "a choice too few", completion(choices().slice(1))),
  answers("F15", "a choice too many", completion([...choices(), choice(24)])),
  answers("F15", "an index twice", completion([choice(1), ...choices().slice(1)])),
  answers("F15", "an index beyond the list", completion([choice(99), ...choices().slice(1)])),
  {
    ...fine("F15", "choices in another order, rightly numbered", {
      fake: { kind: "body", body: completion(choices().toReversed()) },
    }),
    scores: (index) => (index % 10) * (100 / 9),
  },
  answers("F16", "logprobs null", completion(choices(null))),
  answers("F16", "logprobs empty", completion(choices({ top_logprobs: [] }))),
  answers("F16", "no candidate", completion(choices({ top_logprobs: [{}] }))),
  answers("F16", "no rating token", completion(choices({ top_logprobs: [{ yes: -0.1 }] }))),
  answers(
    "F16",
    "little mass on rating tokens",
    completion(choices({ top_logprobs: [{ "7": -3 }] })),
  ),
  answers("F16", "NaN as a string", completion(choices({ top_logprobs: [{ "7": "NaN" }] }))),
  ...["-Infinity", "NaN", "1e999"].map((number) =>
    cell(
      "F16",
      `a logprob of ${number}`,
      { fake: asJson(JSON.stringify(completion(choices())).replaceAll("-0.01", number)) },
      "origin_bad_output",
    ),
  ),
  // llama-server and Ollama name it as they like (decision 20).
  fine("F17", "200 under another model's name", {
    fake: { kind: "body", body: completion(choices(), "another-model") },
  }),
  cell("F18", "200, 10 MB", { fake: { kind: "huge", bytes: 10_000_000 } }, "origin_bad_output"),
  cell(
    "F18",
    "200, 10 MB in 10 kB of gzip",
    { fake: { kind: "gzip_bomb", bytes: 10_000_000 } },
    "origin_bad_output",
  ),
  fine("F20", "slow, within the cap", { proxy: { kind: "delay", ms: 400 } }),
  cell(
    "F20",
    "slower than the cap",
    { proxy: { kind: "delay", ms: 1_000 } },
    "origin_timeout",
    hasty,
  ),
  {
    ...fine(
      "F31",
      "100 themes on 5,000 tokens, in twice the cap",
      { proxy: { kind: "delay", ms: 600 } },
      hasty,
    ),
    body: {
      text: "The rent is late and I lie awake. ".repeat(580),
      themes: Array.from({ length: 100 }, (_, index) => `Theme number ${index}`),
    },
    circuit: "closed",
  },
];
