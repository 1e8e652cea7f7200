// Time, as the client sees it; tests bring their own.

export interface Timer {
  nowMs(): number;
  /** Resolves after the time, or at once when the signal fires. */
  wait(durationMs: number, signal: AbortSignal): Promise<void>;
}

export const systemTimer: Timer = {
  nowMs: () => Date.now(),
  wait: (durationMs, signal) =>
    new Promise((resolve) => {
      const timeout = setTimeout(end, durationMs);
      function end(): void {
        clearTimeout(timeout);
        signal.removeEventListener("abort", end);
        resolve();
      }
      if (signal.aborted) end();
      else signal.addEventListener("abort", end);
    }),
};
