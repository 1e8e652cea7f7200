// Work that several ask for at once, done once.

interface Flight<Value> {
  readonly landing: Promise<Value>;
  readonly gone: AbortController;
  askers: number;
}

/** Joins those who ask for the same name while its work is under way. Remembers nothing after it. */
export class SingleFlight<Value> {
  readonly #flights = new Map<string, Flight<Value>>();

  /**
   * What `work` gives. An asker whose signal aborts leaves at once with its reason and the others
   * stay; the signal that `work` gets aborts when the last one has left.
   * @throws what `work` throws, to all who wait for it; the next to ask starts anew
   */
  async run(
    name: string,
    work: (signal: AbortSignal) => Promise<Value>,
    signal: AbortSignal,
  ): Promise<Value> {
    signal.throwIfAborted();
    const flight = this.#flights.get(name) ?? this.#start(name, work);
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = () => {
      flight.askers -= 1;
      if (flight.askers === 0) {
        this.#end(name, flight);
        flight.gone.abort();
      }
      reject(signal.reason as Error);
    };
    flight.askers += 1;
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await Promise.race([flight.landing, left]);
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  #start(name: string, work: (signal: AbortSignal) => Promise<Value>): Flight<Value> {
    const gone = new AbortController();
    const flight = { landing: work(gone.signal), gone, askers: 0 };
    this.#flights.set(name, flight);
    const end = () => this.#end(name, flight);
    flight.landing.then(end, end);
    return flight;
  }

  #end(name: string, flight: Flight<Value>): void {
    if (this.#flights.get(name) === flight) this.#flights.delete(name);
  }
}
