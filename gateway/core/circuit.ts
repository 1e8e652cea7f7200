// What is known of the origin's health, as it is told.
import type { Reason } from "./failure.ts";

export const circuitStates = ["closed", "open", "half-open"] as const;
/** `closed`: asked. `open`: passed over. `half-open`: probed, or given a part of its requests back. */
export type CircuitState = (typeof circuitStates)[number];

export interface CircuitView {
  readonly state: CircuitState;
  /** Epoch ms since when it is not closed; null when it is, or when it was never asked. */
  readonly sinceMs: number | null;
  readonly reason: Reason | null;
  /** Of what is probed: the last probe of this isolate; null = none yet. */
  readonly lastProbe?: Probe | null;
}

export interface Probe {
  /** Epoch ms of its end. */
  readonly atMs: number;
  /** Why it cannot be asked; null = it can. */
  readonly reason: Reason | null;
}

/** The origin as one, and each of its replicas in the order of the configuration. */
export interface OriginView extends CircuitView {
  readonly replicas: readonly CircuitView[];
}

/** What is known of each provider that has a circuit, by its source. */
export interface CircuitViews {
  readonly origin?: OriginView;
  readonly gemini?: CircuitView;
}

/** Who decides whether the origin is asked: its health, or whoever runs it. */
export const breakerModes = ["auto", "open", "closed"] as const;
export type BreakerMode = (typeof breakerModes)[number];
