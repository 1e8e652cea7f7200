// An LRU cache: the most recently used values of a kind, and no more of them than fit.

/** Remembers up to `capacity` values by name; the least recently used one goes first. */
export class LruCache<Value> {
  readonly #capacity: number;
  /** In order of use: a name that is deleted and set again moves to the end. */
  readonly #values = new Map<string, Value>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(name: string): Value | undefined {
    const value = this.#values.get(name);
    if (value !== undefined) this.set(name, value);
    return value;
  }

  set(name: string, value: Value): void {
    this.#values.delete(name);
    this.#values.set(name, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#capacity) break;
      this.#values.delete(oldest);
    }
  }
}
