// The events of POST /v1/analyze as a stream: the ranking first, then the summary as it is written.
import type { AnalyzeEvent, Done } from "./api.ts";
import type { Exchange } from "./exchange.ts";
import { transportError, type ClientError, type Meta } from "./outcome.ts";
import { serverSentEvents } from "./sse.ts";

type Renamed<E> = E extends { event: infer N; data: infer D }
  ? { readonly type: N; readonly data: D }
  : never;

/** `summary.delta` is a piece of the summary as it is written; `summary` replaces all of them. */
export type AnalyzeStreamEvent =
  | Renamed<Exclude<AnalyzeEvent, { event: "done" }>>
  | { readonly type: "done"; readonly data: Done; readonly meta: Meta }
  /** The last event in place of `done`: what arrived before it still holds. */
  | { readonly type: "error"; readonly error: ClientError; readonly meta: Meta };

const types: ReadonlySet<string> = new Set(["ranking", "summary.delta", "summary", "done"]);

/** Ends with `done` or `error`, never with an exception; leaving the loop ends the request. */
export async function* analyzeEvents(
  exchange: Exchange,
  request: object,
): AsyncGenerator<AnalyzeStreamEvent, void, void> {
  const failed = (error: ClientError) =>
    ({ type: "error", error, meta: exchange.meta() }) satisfies AnalyzeStreamEvent;
  try {
    const answer = await exchange.send({
      method: "POST",
      path: "/v1/analyze",
      body: request,
      accept: "text/event-stream",
    });
    if (!(answer instanceof Response)) return yield failed(answer);
    const { status, body, headers } = answer;
    if (body === null || headers.get("content-type")?.startsWith("text/event-stream") !== true) {
      return yield failed(transportError("unexpected", "The answer is no event stream.", status));
    }
    for await (const { event, data } of serverSentEvents(body)) {
      // An event of a later version is not for us.
      if (!types.has(event)) continue;
      const told = { type: event, data: JSON.parse(data) as unknown } as AnalyzeStreamEvent;
      yield told.type === "done" ? { ...told, meta: exchange.meta() } : told;
      if (told.type === "done") return;
    }
    yield failed(transportError("interrupted", "The stream ended before its `done`.", status));
  } catch (error) {
    yield failed(
      error instanceof SyntaxError
        ? transportError("unexpected", "An event of the stream is no JSON.")
        : exchange.readFailure(),
    );
  } finally {
    exchange.abandon();
  }
}
