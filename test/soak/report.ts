// The figures of a soak, as JSON and as a table.
import { quantile } from "../bench/stats.ts";
import { invariants } from "./invariants.ts";
import { recoveries } from "./recovery.ts";
import type { Phase } from "./schedule.ts";
import type { Outcome } from "./soak.ts";

const middle = (values: readonly number[]) => ({
  n: values.length,
  p50_ms: values.length === 0 ? null : Math.round(quantile(values, 0.5)),
  max_ms: values.length === 0 ? null : Math.round(Math.max(...values)),
});
const seen = (values: readonly (number | null)[]) => values.filter((value) => value !== null);

export type Report = ReturnType<typeof reportOf>;

export function reportOf(phases: readonly Phase[], outcome: Outcome) {
  const all = recoveries(phases, outcome.fresh);
  const ofFault = (upstream: string) => phases.filter((each) => each.upstream === upstream).length;
  return {
    requests: outcome.judged,
    faults: { origin: ofFault("origin"), gemini: ofFault("gemini") },
    violations: outcome.violations,
    violations_by_invariant: Object.fromEntries(
      Object.keys(invariants).map((name) => [
        name,
        outcome.violations.filter(({ invariant }) => invariant === name).length,
      ]),
    ),
    statuses: outcome.statuses,
    sources: outcome.sources,
    cache: outcome.caches,
    degraded: outcome.degraded,
    known_to_origin: outcome.knownToOrigin,
    upstream_calls: outcome.upstreamCalls,
    most_upstream_calls_of_a_request: outcome.mostUpstreamCalls,
    outside_p50_ms: Math.round(quantile(outcome.outsideMs, 0.5)),
    outside_p99_ms: Math.round(quantile(outcome.outsideMs, 0.99)),
    fail_over: middle(seen(all.map(({ failOverMs }) => failOverMs))),
    return: middle(seen(all.map(({ returnMs }) => returnMs))),
    recoveries: all.map(({ fault, failOverMs, returnMs }) => ({
      fault,
      fail_over_ms: failOverMs === null ? null : Math.round(failOverMs),
      return_ms: returnMs === null ? null : Math.round(returnMs),
    })),
    held: outcome.held,
    longest_stall_ms: Math.round(outcome.longestStallMs),
  };
}

export function tableOf(report: Report & { minutes: number; seed: number }) {
  const { fail_over: failOver, return: back, faults, statuses } = report;
  return {
    "minutes, seed": `${report.minutes}, ${report.seed}`,
    requests: `${report.requests} (${JSON.stringify(statuses)})`,
    "answered by": JSON.stringify(report.sources),
    cache: JSON.stringify(report.cache),
    "faults injected": `${faults.origin} of the origin, ${faults.gemini} of Gemini`,
    violations: report.violations.length,
    ...report.violations_by_invariant,
    "time to fail over": `p50 ${failOver.p50_ms} ms, at most ${failOver.max_ms} ms, n = ${failOver.n}`,
    "time to return": `p50 ${back.p50_ms} ms, at most ${back.max_ms} ms, n = ${back.n}`,
    "at the client": `p50 ${report.outside_p50_ms} ms, p99 ${report.outside_p99_ms} ms`,
    "most upstream calls of a request": report.most_upstream_calls_of_a_request,
  };
}
