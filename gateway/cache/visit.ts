// What a request brings when it asks a provider through a cache.
import type { CacheMode } from "../core/outcome.ts";
import type { CacheFault, Deadline } from "../core/ports.ts";

export interface Visit {
  readonly tenant: string;
  /** Part of every key: a tenant whose number is raised finds nothing of before. */
  readonly epoch: number;
  readonly mode: CacheMode;
  /** Whether the provider is the one this caller would have first. */
  readonly preferred: boolean;
  readonly deadline: Deadline;
  /** Runs work after the answer is sent. */
  readonly defer: (work: Promise<void>) => void;
  /** Hears how long each look into the cache took that the answer waited for, ms. */
  readonly readTook?: (ms: number) => void;
  /** Hears of each fault that cost no answer. */
  readonly report: (fault: CacheFault) => void;
}
