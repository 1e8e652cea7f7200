// Server-sent events out of a stream of bytes.

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * Yields each event as soon as its blank line is there; an event that is cut off is not one. Comments,
 * ids and retry times are passed over. Leaving the loop cancels the stream.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent, void, void> {
  const reader = body.getReader();
  // Holds back the bytes of a character that is not whole yet, and drops a BOM.
  const decoder = new TextDecoder();
  const fields = new Fields();
  let rest = "";
  let endedInCr = false;
  try {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one chunk after the other
      const { done, value } = await reader.read();
      if (done) return;
      let text = decoder.decode(value, { stream: true });
      // The second half of a CRLF that was cut in two.
      if (endedInCr && text.startsWith("\n")) text = text.slice(1);
      else if (text === "") continue;
      endedInCr = text.endsWith("\r");
      const lines = (rest + text).split(/\r\n|\n|\r/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const event = fields.take(line);
        if (event !== null) yield event;
      }
    }
  } finally {
    // Not waited for: a stream that failed has nobody who would answer.
    reader.cancel().catch(() => undefined);
  }
}

/** The fields of the event that is being read. */
class Fields {
  #event = "";
  #data: string[] = [];

  /** The event that this line completes; null while it does not. */
  take(line: string): ServerSentEvent | null {
    if (line === "") {
      const event = { event: this.#event || "message", data: this.#data.join("\n") };
      const isEmpty = this.#data.length === 0;
      this.#event = "";
      this.#data = [];
      return isEmpty ? null : event;
    }
    const [, name = "", value = ""] = /^([^:]*)(?:: ?)?([^]*)$/.exec(line) ?? [];
    if (name === "event") this.#event = value;
    if (name === "data") this.#data.push(value);
    return null;
  }
}
