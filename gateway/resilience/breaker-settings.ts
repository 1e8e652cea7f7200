// The numbers of a circuit.

/** Starting values, to be fitted to measured outages. */
export const breakerSettings = {
  /** So many failures in a row open it. */
  consecutive: 3,
  consecutiveHard: 2,
  /** Or this share of the last calls within the window. */
  lastCalls: 10,
  minCalls: 4,
  failedShare: 0.5,
  windowMs: 30_000,
  /** The first opening lasts this long, each further one twice as long, until it has closed. */
  openMs: 5_000,
  maxOpenMs: 60_000,
  /** Isolates that opened together must not probe together. */
  jitter: 0.2,
  probesToReturn: 2,
  /** Shares of the requests given back, each until so long after the return began. */
  slowStart: [
    { share: 0.1, untilMs: 15_000 },
    { share: 0.5, untilMs: 30_000 },
  ],
  /** Clocks of machines differ; what comes from further in the future is nonsense. */
  maxSkewMs: 1_000,
  /** News of an opening that is over is worth a probe, not a user's time. */
  newsGraceMs: 60_000,
  /** For so long a return that others tell of leads back one who has not asked since. */
  maxReturnAgeMs: 600_000,
} as const;
