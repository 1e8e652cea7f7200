// Tries providers in order until one answers, and keeps the record of every try.
import { wasNotAsked, type Failure, type Result } from "../core/failure.ts";
import type { Attempt } from "../core/outcome.ts";
import type { Clock } from "../core/ports.ts";

export interface FailoverOutcome<P extends { readonly source: string }, T> {
  readonly attempts: readonly Attempt<P["source"]>[];
  /** null when every provider failed or was skipped. */
  readonly answer: { readonly provider: P; readonly value: T } | null;
  readonly failures: readonly Failure[];
}

/** What every answer tells of how it came about. */
export interface Answered {
  /** Whether the provider was called; an answer that cost no call is no attempt. */
  readonly asked: boolean;
  /** What old knowledge of the provider stands in for: it could not be asked, or failed. */
  readonly insteadOf?: Failure;
}

/**
 * Asks `providers` one after another.
 * @param gate a failure here means "not to be looked at": recorded as skipped, never called
 * @param ask one provider's answer; throwing is a bug and is not caught
 */
export async function failover<P extends { readonly source: string }, T extends Answered>(
  providers: readonly P[],
  clock: Clock,
  gate: (provider: P) => Failure | null,
  ask: (provider: P) => Promise<Result<T>>,
): Promise<FailoverOutcome<P, T>> {
  const attempts: Attempt<P["source"]>[] = [];
  const failures: Failure[] = [];
  for (const provider of providers) {
    const source: P["source"] = provider.source;
    const closed = gate(provider);
    if (closed !== null) {
      failures.push(closed);
      attempts.push({ source, outcome: "skipped", reason: closed.reason, durationMs: 0 });
      continue;
    }
    const startedMs = clock.nowMs();
    const result = await ask(provider);
    const durationMs = Math.round(clock.nowMs() - startedMs);
    const failure = result.ok ? result.value.insteadOf : result.failure;
    if (failure !== undefined) {
      failures.push(failure);
      const outcome = wasNotAsked(failure) ? "skipped" : "failed";
      attempts.push({ source, outcome, reason: failure.reason, durationMs });
    } else if (result.ok && result.value.asked) {
      attempts.push({ source, outcome: "ok", reason: null, durationMs });
    }
    if (result.ok) return { attempts, answer: { provider, value: result.value }, failures };
  }
  return { attempts, answer: null, failures };
}
