// A ranking as the pipeline gives it.
import type { RankOutcome } from "../../../gateway/core/outcome.ts";
import { money, sleep } from "./theme.ts";

export const ranking: RankOutcome = {
  themes: [
    { theme: sleep, score: 87.4, rank: 1, confidence: 0.93456 },
    { theme: money, score: 3.5, rank: 2, confidence: null },
  ],
  scores: [3.46, 87.41],
  source: "gemini",
  model: "flash",
  reason: "origin_timeout",
  cache: { status: "miss", known: 0, ranked: 2, ageSeconds: null },
  attempts: [
    { source: "origin", outcome: "failed", reason: "origin_timeout", durationMs: 2_500 },
    { source: "gemini", outcome: "ok", reason: null, durationMs: 610 },
  ],
  usage: {
    promptTokens: 812,
    completionTokens: null,
    costUsd: null,
    savedUsd: 0,
    calls: [
      {
        source: "gemini",
        model: "flash",
        reason: null,
        durationMs: 605,
        promptTokens: 812,
        completionTokens: null,
        costUsd: null,
      },
    ],
  },
};
