// A deadline for work that no request waits for: each stage may take `patienceMs`, each call is allowed.
import { CallLog } from "../../gateway/core/call-log.ts";
import { ok } from "../../gateway/core/failure.ts";
import type { Deadline, Stage } from "../../gateway/core/ports.ts";

export const patientStage = (patienceMs: number, signal?: AbortSignal): Stage => ({
  signal: signal ?? AbortSignal.timeout(patienceMs),
  budgetMs: patienceMs,
  limit: "cap",
  call: (to, make) => make(new CallLog().begin(to, 0)),
});

/** @param signal instead of one that aborts after `patienceMs` */
export function patientDeadline(patienceMs: number, signal?: AbortSignal): Deadline {
  const deadline: Deadline = {
    calls: new CallLog(),
    spareMs: () => patienceMs,
    part: () => deadline,
    stage: () => ok(patientStage(patienceMs, signal)),
  };
  return deadline;
}
