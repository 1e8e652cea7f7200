// Spares an origin that says it has too much to do: client-side throttling.
import type { Clock } from "../core/ports.ts";

/** Requests tried for each one accepted; below it nothing is refused. */
const triesPerAccept = 2;
const bucketMs = 10_000;
const buckets = 12;

interface Bucket {
  readonly index: number;
  tried: number;
  accepted: number;
  overloaded: number;
}

/**
 * Adaptive throttling over the last two minutes: a request is refused here with the probability
 * max(0, (tried - 2 · accepted) / (tried + 1)). Refused ones count as tried, so that a wave of
 * requests does not end the refusals. An isolate knows few calls, and the first ones of a healthy
 * origin are all under way: nothing is refused before the origin itself has said that it is too much.
 * Source: Site Reliability Engineering, "Handling Overload".
 * @param chance 0 to 1, drawn once for each request
 */
export class Throttle {
  #history: Bucket[] = [];
  readonly #clock: Clock;
  readonly #chance: () => number;

  constructor(clock: Clock, chance: () => number) {
    this.#clock = clock;
    this.#chance = chance;
  }

  /** Counts a request before it is sent; whether it may be. */
  admits(): boolean {
    const current = this.#current();
    const total = (of: (bucket: Bucket) => number) =>
      this.#history.reduce((sum, bucket) => sum + of(bucket), 0);
    const tried = total((bucket) => bucket.tried);
    const accepted = total((bucket) => bucket.accepted);
    current.tried += 1;
    if (total((bucket) => bucket.overloaded) === 0) return true;
    return this.#chance() >= (tried - triesPerAccept * accepted) / (tried + 1);
  }

  /** The origin took the request, whatever came of it. */
  accepted(): void {
    this.#current().accepted += 1;
  }

  /** The origin said that it has too much to do. */
  overloaded(): void {
    this.#current().overloaded += 1;
  }

  #current(): Bucket {
    const index = Math.floor(this.#clock.nowMs() / bucketMs);
    this.#history = this.#history.filter((bucket) => bucket.index > index - buckets);
    const last = this.#history.at(-1);
    if (last?.index === index) return last;
    const bucket = { index, tried: 0, accepted: 0, overloaded: 0 };
    this.#history.push(bucket);
    return bucket;
  }
}
