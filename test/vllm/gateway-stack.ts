// The real `npm start` in front of the real vLLM, with a fake Gemini behind both.
import { readPreset } from "../presets/read-preset.ts";
import { startStack, type Stack } from "../support/stack.ts";
import type { sharedServer } from "./shared-server.ts";

export const preset = "qwen2.5-coder-1.5b.cpu";

/** A two-core machine computes in seconds what a GPU does in a tenth of one. */
export const patient = { ORIGIN_TIMEOUT_MS: "30000", SUMMARY_TIMEOUT_MS: "30000" };

/** @param settings win over what the preset says */
export function startGateway(
  { url, apiKey }: ReturnType<typeof sharedServer>,
  settings: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): Promise<Stack> {
  const { PROMPT_FORMAT, RATING_TOKENS } = readPreset(preset);
  return startStack(["--origin", url, ...flags], {
    ORIGIN_API_KEY: apiKey,
    ORIGIN_MODEL_VERSION: preset,
    ORIGIN_PROMPT_FORMAT: PROMPT_FORMAT,
    ORIGIN_RATING_TOKENS: RATING_TOKENS,
    ...patient,
    // Outages here are followed at once by their end.
    BREAKER: "closed",
    ...settings,
  });
}

export interface Answer {
  readonly themes: readonly { id: string; label: string; score: number; confidence: number }[];
  readonly source: string;
  readonly model: string;
  readonly degraded: boolean;
  readonly reason: string | null;
  readonly cache: { status: string; known: number; ranked: number };
  readonly attempts: readonly { source: string; reason: string | null; duration_ms: number }[];
  readonly usage: { prompt_tokens: number; completion_tokens: number };
  readonly processing_time_ms: number;
  readonly summary: { status: string; source: string; model: string; text: string };
}

/** Scores by theme id. */
export const scoresOf = ({ themes }: Answer): Map<string, number> =>
  new Map(themes.map(({ id, score }) => [id, score]));
