// One request to POST /v1/analyze, told step by step.
import { readEvents } from "./event-stream.js";
import { parseServerTiming } from "./timeline.js";

/** @typedef {import("./wire.js").Ranking} Ranking */
/** @typedef {import("./wire.js").Summary} Summary */
/** @typedef {import("./wire.js").Done} Done */
/** @typedef {import("./wire.js").Problem} Problem */
/** @typedef {import("./timeline.js").Metric} Metric */

/**
 * @typedef {{ kind: "problem", problem: Problem, retryAfterSeconds: number | null, metrics: Metric[] }
 *   | { kind: "offline" } | { kind: "unreachable" } | { kind: "cut" } | { kind: "cancelled" }
 *   | { kind: "unexpected", status: number }} Failure
 */
/**
 * @typedef {{ step: "ranking", ranking: Ranking, metrics: Metric[] } | { step: "delta", text: string }
 *   | { step: "summary", summary: Summary } | { step: "done", done: Done }
 *   | { step: "failed", failure: Failure }} Step
 */

/**
 * The last step is `done` or `failed`. Nothing is thrown.
 * @param {import("./request.js").RequestBody} body
 * @param {string} key empty = none is sent
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<Step>}
 */
export async function* run(body, key, signal) {
  let isRanked = false;
  try {
    const response = await fetch("/v1/analyze", {
      method: "POST",
      signal,
      headers: {
        accept: "text/event-stream, application/json;q=0.5",
        "content-type": "application/json",
        ...(key !== "" && { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(body),
    });
    const metrics = parseServerTiming(response.headers.get("server-timing"));
    if (!response.ok) yield { step: "failed", failure: await refusal(response, metrics) };
    else {
      const isStream = typeOf(response) === "text/event-stream";
      for await (const step of (isStream ? streamed : whole)(response, metrics)) {
        isRanked = true;
        yield step;
      }
    }
  } catch {
    yield { step: "failed", failure: brokenBy(signal, isRanked) };
  }
}

/** @param {AbortSignal} signal @param {boolean} isRanked @returns {Failure} */
function brokenBy(signal, isRanked) {
  if (signal.aborted) return { kind: "cancelled" };
  if (!navigator.onLine) return { kind: "offline" };
  return { kind: isRanked ? "cut" : "unreachable" };
}

/** @param {Response} response */
const typeOf = (response) => response.headers.get("content-type")?.split(";")[0] ?? "";

/**
 * @param {Response} response
 * @param {Metric[]} metrics
 * @returns {Promise<Failure>}
 */
async function refusal(response, metrics) {
  const { status } = response;
  if (typeOf(response) !== "application/problem+json") return { kind: "unexpected", status };
  const problem = await response.json();
  const wait = Number(response.headers.get("retry-after") ?? "");
  const retryAfterSeconds = Number.isFinite(wait) && wait > 0 ? wait : null;
  return { kind: "problem", problem, retryAfterSeconds, metrics };
}

/**
 * @param {Response} response
 * @param {Metric[]} metrics
 * @returns {AsyncGenerator<Step>}
 */
async function* streamed(response, metrics) {
  let ended = false;
  for await (const { name, data } of readEvents(response.body ?? new ReadableStream())) {
    const value = JSON.parse(data);
    if (name === "ranking") yield { step: "ranking", ranking: value, metrics };
    else if (name === "summary.delta") yield { step: "delta", text: value.text };
    else if (name === "summary") yield { step: "summary", summary: value };
    else if (name === "done") {
      ended = true;
      yield { step: "done", done: value };
    }
  }
  if (!ended) yield { step: "failed", failure: { kind: "cut" } };
}

/**
 * A gateway, or a proxy before it, that does not stream.
 * @param {Response} response
 * @param {Metric[]} metrics
 * @returns {AsyncGenerator<Step>}
 */
async function* whole(response, metrics) {
  const { summary, ...ranking } = await response.json();
  yield { step: "ranking", ranking, metrics };
  yield { step: "summary", summary };
  yield { step: "done", done: ranking };
}
