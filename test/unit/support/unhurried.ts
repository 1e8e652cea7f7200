// A deadline that never comes.
import { ok } from "../../../gateway/core/failure.ts";
import type { Deadline } from "../../../gateway/core/ports.ts";

export const unhurried: Deadline = {
  spareMs: () => 15_000,
  part: () => unhurried,
  stage: (capMs) =>
    ok({
      signal: new AbortController().signal,
      budgetMs: capMs,
      limit: "cap" as const,
      pay: () => Promise.resolve(null),
    }),
};
