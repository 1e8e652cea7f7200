// What came of the last calls, and whether that is too much.
import type { Clock } from "../core/ports.ts";
import { breakerSettings } from "./breaker-settings.ts";

export class RecentCalls {
  #calls: { readonly atMs: number; readonly ok: boolean }[] = [];
  #failedInARow = 0;
  #hardInARow = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  succeeded(): void {
    this.#failedInARow = 0;
    this.#hardInARow = 0;
    this.#remember(true);
  }

  /** @returns whether so much has failed that the circuit must open */
  failed(hard: boolean): boolean {
    this.#failedInARow += 1;
    this.#hardInARow = hard ? this.#hardInARow + 1 : 0;
    this.#remember(false);
    const { consecutive, consecutiveHard, minCalls, failedShare } = breakerSettings;
    const failures = this.#calls.filter(({ ok }) => !ok).length;
    return (
      this.#failedInARow >= consecutive ||
      this.#hardInARow >= consecutiveHard ||
      (this.#calls.length >= minCalls && failures >= failedShare * this.#calls.length)
    );
  }

  #remember(ok: boolean): void {
    const nowMs = this.#clock.nowMs();
    this.#calls = [...this.#calls, { atMs: nowMs, ok }]
      .slice(-breakerSettings.lastCalls)
      .filter(({ atMs }) => nowMs - atMs < breakerSettings.windowMs);
  }
}
