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

/**
 * Asks `providers` one after another. An answer that cost no call (`asked: false`) is no attempt.
 * @param gate a failure here means "not to be asked": recorded as skipped, never called
 * @param ask one provider's answer; throwing is a bug and is not caught
 */
export async function failover<
  P extends { readonly source: string },
  T extends { readonly asked: boolean },
>(
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
    if (result.ok) {
      if (result.value.asked) attempts.push({ source, outcome: "ok", reason: null, durationMs });
      return { attempts, answer: { provider, value: result.value }, failures };
    }
    failures.push(result.failure);
    const outcome = wasNotAsked(result.failure) ? "skipped" : "failed";
    attempts.push({ source, outcome, reason: result.failure.reason, durationMs });
  }
  return { attempts, answer: null, failures };
}
