// Whether the machine itself stood still: a timer that is late, told beside a late answer.

const tickMs = 20;
/** Lateness that belongs to any timer. */
const usualMs = 20;

export class Stalls {
  readonly #late: { readonly atMs: number; readonly ms: number }[] = [];
  readonly #timer: NodeJS.Timeout;

  /** @param nowMs the clock of the spans asked for later */
  constructor(nowMs: () => number) {
    let dueMs = nowMs() + tickMs;
    this.#timer = setInterval(() => {
      const ms = nowMs() - dueMs;
      if (ms > usualMs) this.#late.push({ atMs: nowMs(), ms });
      dueMs = nowMs() + tickMs;
    }, tickMs);
  }

  /** The sum of the stalls that ended within the span. */
  within(fromMs: number, untilMs: number): number {
    return this.#late
      .filter(({ atMs }) => atMs >= fromMs && atMs <= untilMs + tickMs)
      .reduce((sum, { ms }) => sum + ms, 0);
  }

  get longestMs(): number {
    return Math.max(0, ...this.#late.map(({ ms }) => ms));
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
