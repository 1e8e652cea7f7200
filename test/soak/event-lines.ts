// The Worker's own account of each request: its event lines, by request id.

import { requestRecord, type RequestRecord } from "../../gateway/telemetry/request-record.ts";

export type EventLine = RequestRecord;

/** Reads what has been printed since it last looked. */
export class EventLines {
  readonly #output: () => string;
  #read = 0;
  readonly #lines = new Map<string, EventLine>();
  readonly #seen = new Set<string>();
  /** What is wrong with lines: of no schema, or a second one of a request; by its id. */
  readonly faults = new Map<string, string>();

  constructor(output: () => string) {
    this.#output = output;
  }

  /** The line of a request, once; null while it has not been printed. */
  take(id: string): EventLine | null {
    const line = this.#lines.get(id) ?? null;
    this.#lines.delete(id);
    return line;
  }

  /** Looks for new lines. */
  look(): void {
    const output = this.#output();
    const end = output.lastIndexOf("\n") + 1;
    for (const line of output.slice(this.#read, end).split("\n")) {
      if (!line.startsWith('{"event":"request"')) continue;
      const event = JSON.parse(line) as EventLine;
      const { success } = requestRecord.safeParse(event);
      if (!success) this.faults.set(event.id, "an event that is not of the schema");
      if (this.#seen.has(event.id)) this.faults.set(event.id, "a second event");
      this.#seen.add(event.id);
      this.#lines.set(event.id, event);
    }
    this.#read = end;
  }
}
