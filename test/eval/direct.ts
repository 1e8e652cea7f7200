// The gateway's own rankers in this process: for a server too slow for the 30 s that a request may take.
import type { Ranker } from "../../gateway/core/ports.ts";
import { patientDeadline } from "../support/patient.ts";
import { promptFormats, type PromptLayout } from "../../gateway/core/origin.ts";
import { createOriginApi } from "../../gateway/models/openai.ts";
import { createChatRanker } from "../../gateway/rank/origin-chat.ts";
import { createCompletionsRanker } from "../../gateway/rank/origin-completions.ts";
import { readPreset } from "../presets/read-preset.ts";
import { Unranked, type Client } from "./client.ts";

const patienceMs = 900_000;

/** As the gateway's settings of like names. */
export interface DirectOptions {
  readonly origin: string;
  readonly apiKey: string;
  readonly preset: string;
  readonly dialect: string;
  readonly layout: PromptLayout;
}

/** A client without a gateway between: same prompts, same scoring, no deadline worth naming. */
export function createDirectClient(options: DirectOptions): Client {
  const ranker = rankerOf(options);
  const deadline = patientDeadline(patienceMs);
  return async (text, themes) => {
    const startedMs = performance.now();
    const full = themes.map((theme) => ({ ...theme, description: theme.description ?? "" }));
    const ranking = await ranker.rank({ text, themes: full }, deadline);
    if (!ranking.ok) throw new Unranked(JSON.stringify(ranking.failure));
    const { scores, model, usage } = ranking.value;
    const { promptTokens: read, completionTokens: written, costUsd } = usage;
    const confidence = scores.map((score) => score.confidence);
    return {
      order: scores
        .map(({ value }, index) => ({ value, index }))
        .toSorted((a, b) => b.value - a.value || a.index - b.index)
        .map(({ index }) => index),
      scores: scores.map(({ value }) => value),
      confidence: confidence.every((each) => each !== null) ? confidence : null,
      source: ranker.source,
      model,
      tokens: read === null || written === null ? null : read + written,
      costUsd,
      ms: Math.round(performance.now() - startedMs),
    };
  };
}

function rankerOf({ origin, apiKey, preset, dialect, layout }: DirectOptions): Ranker {
  const api = createOriginApi({
    baseUrl: origin,
    apiKey,
    accessClientId: "",
    accessClientSecret: "",
  });
  const settings = { model: "theme-ranker", modelVersion: preset, timeoutMs: patienceMs };
  if (dialect === "chat") return createChatRanker(api, settings);
  const { PROMPT_FORMAT, RATING_TOKENS } = readPreset(preset);
  const format = promptFormats.find((each) => each === PROMPT_FORMAT);
  if (format === undefined) throw new Unranked(`preset ${preset} names no prompt format`);
  const values = JSON.parse(RATING_TOKENS) as Record<string, number>;
  const ratingTokens = new Map(Object.entries(values).map(([id, value]) => [Number(id), value]));
  return createCompletionsRanker(api, { ...settings, format, layout, ratingTokens });
}
