// The Worker's own account of each request: its event lines, by request id.

export interface EventLine {
  readonly id: string;
  readonly duration_ms: number;
  readonly cache_faults?: readonly string[];
}

/** Reads what has been printed since it last looked. */
export class EventLines {
  readonly #output: () => string;
  #read = 0;
  readonly #lines = new Map<string, EventLine>();

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
      this.#lines.set(event.id, event);
    }
    this.#read = end;
  }
}
