// Asks one ranker for one text and stays polite: waits as told, tries again what may pass.
import { setTimeout as pause } from "node:timers/promises";
import { ZodError } from "zod";
import type { Chance } from "./chance.ts";
import type { EvalTheme } from "./dataset.ts";
import type { Answer, RankerApi, Wanted } from "./rankers.ts";

export interface Target {
  readonly api: RankerApi;
  /** Without the API's path. */
  readonly url: string;
  readonly key: string;
  readonly wanted: Wanted;
}

/** A ranking that could not be had; never holds the text. */
export class Unranked extends Error {}

const tries = 6;
const callMs = 120_000;
const longestWaitMs = 120_000;

/**
 * A client of one target. Told to wait by a 429 or 503, all calls wait: the limit is the key's, not
 * the call's.
 */
export function createClient({ api, url, key, wanted }: Target) {
  const endpoint = `${url.replace(/\/+$/, "")}${api.path}`;
  let notBeforeMs = 0;
  /** One that was never there is not waited for; one that was may come back. */
  let reached = false;

  return async (
    text: string,
    themes: readonly EvalTheme[],
  ): Promise<Answer & { readonly ms: number }> => {
    let trouble = "";
    for (let attempt = 1; attempt <= tries; attempt += 1) {
      for (let leftMs = notBeforeMs - Date.now(); leftMs > 0; leftMs = notBeforeMs - Date.now()) {
        await pause(leftMs);
      }
      const startedMs = performance.now();
      const response = await fetch(endpoint, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(key !== "" && { authorization: `Bearer ${key}` }),
        },
        body: JSON.stringify(api.body(text, themes, wanted)),
        signal: AbortSignal.timeout(callMs),
      }).catch((error: unknown) => (error instanceof Error ? error.name : "failed"));
      if (typeof response === "string") {
        trouble = response;
        if (!reached) break;
        notBeforeMs = Date.now() + 1_000 * attempt;
        continue;
      }
      reached = true;
      if (response.ok) {
        const body: unknown = await response.json();
        const ms = Math.round(performance.now() - startedMs);
        try {
          return { ...api.read(body, themes), ms };
        } catch (error) {
          throw new Unranked(
            error instanceof ZodError ? "an answer of another shape" : String(error),
          );
        }
      }
      await response.body?.cancel();
      trouble = `status ${response.status}`;
      if (response.status !== 429 && response.status < 500) break;
      const asked = Number(response.headers.get("retry-after") ?? Number.NaN);
      const waitMs = Number.isNaN(asked) ? 1_000 * attempt : 1_000 * asked;
      notBeforeMs = Date.now() + Math.min(waitMs, longestWaitMs);
    }
    throw new Unranked(`${endpoint}: ${trouble}`);
  };
}

export type Client = ReturnType<typeof createClient>;

/** The same client, given the themes in another order for each text: its answers speak of the old one. */
export function withShuffledThemes(client: Client, random: Chance): Client {
  return async (text, themes) => {
    const dealt = random.shuffled(themes.map((_, index) => index));
    const answer = await client(
      text,
      dealt.flatMap((index) => themes[index] ?? []),
    );
    const inOldOrder = <T>(values: readonly T[]) =>
      themes.map((_, index) => values[dealt.indexOf(index)] as T);
    return {
      ...answer,
      order: answer.order.map((place) => dealt[place] ?? -1),
      scores: inOldOrder(answer.scores),
      confidence: answer.confidence && inOldOrder(answer.confidence),
    };
  };
}
