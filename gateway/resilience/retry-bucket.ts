// How often another try may be made: retries must stay few beside what succeeds.

const capacity = 10;
/** One retry for ten successes in the long run. */
const perSuccess = 0.1;

/**
 * A token bucket that starts full and is given up at half: retries end while most calls fail.
 * Source: gRPC A6, retry throttling.
 */
export class RetryBucket {
  #tokens = capacity;

  /** Takes one retry; false = none is left. */
  take(): boolean {
    if (this.#tokens <= capacity / 2) return false;
    this.#tokens -= 1;
    return true;
  }

  succeeded(): void {
    this.#tokens = Math.min(capacity, this.#tokens + perSuccess);
  }
}
