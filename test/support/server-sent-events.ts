// Reads a stream of server-sent events as a client does: one item for each event or comment.

export interface ServerSentEvent {
  /** `""` for a comment: a heartbeat. */
  readonly event: string;
  readonly data: unknown;
  /** When it arrived, on the clock of `performance`. */
  readonly atMs: number;
}

/**
 * Ends with the body; throws where that breaks, or where something is no whole event. Who reads no
 * further leaves: the body is cancelled.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) yield parse(block);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
  if (text !== "") throw new Error(`the stream ended within an event: ${JSON.stringify(text)}`);
}

function parse(block: string): ServerSentEvent {
  const atMs = performance.now();
  if (block.startsWith(":")) return { event: "", data: null, atMs };
  const { event, data } = /^event: (?<event>[\w.]+)\ndata: (?<data>.*)$/.exec(block)?.groups ?? {};
  if (event === undefined || data === undefined)
    throw new Error(`not an event: ${JSON.stringify(block)}`);
  return { event, data: JSON.parse(data) as unknown, atMs };
}
