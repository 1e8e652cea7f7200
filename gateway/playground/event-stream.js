// Server-sent events, read from a fetch body as they arrive.

/** @typedef {{ name: string, data: string }} StreamEvent */

/**
 * Takes pieces of text, cut anywhere, and gives the events that are complete; comments are dropped.
 * @returns {(piece: string) => StreamEvent[]}
 */
export function createEventReader() {
  let rest = "";
  let name = "";
  /** @type {string[]} */
  let data = [];
  return (piece) => {
    rest += piece;
    /** @type {StreamEvent[]} */
    const events = [];
    // A CR at the end may be the first half of a CRLF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) events.push({ name: name || "message", data: data.join("\n") });
        name = "";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") name = value;
      else if (field === "data") data.push(value);
    }
    return events;
  };
}

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @returns {AsyncGenerator<StreamEvent>}
 */
export async function* readEvents(body) {
  const read = createEventReader();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- a stream is read in order
    const { done, value } = await reader.read();
    if (done) return;
    yield* read(value);
  }
}
