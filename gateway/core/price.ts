// What calls to upstreams cost: Gemini's by their tokens, the origin's by the time its machine worked.

/** US dollars per million tokens. */
export interface TokenPrice {
  readonly input: number;
  /** Thoughts are output too. */
  readonly output: number;
}

export interface Prices {
  /** By the model's name, as it is asked for. */
  readonly models: ReadonlyMap<string, TokenPrice>;
  /** An hour of the origin's machine, US dollars; null = not known. */
  readonly originHourlyUsd: number | null;
}

/** Nobody knows what anything costs. */
export const noPrices: Prices = { models: new Map(), originHourlyUsd: null };

/** What of a call its price depends on. */
export interface PricedCall {
  readonly source: "origin" | "gemini";
  readonly model: string;
  readonly durationMs: number | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** US dollars; null where a price, or what it is charged on, is not known. */
export function costUsd(prices: Prices, call: PricedCall): number | null {
  if (call.source === "origin") {
    const { originHourlyUsd: hourlyUsd } = prices;
    return hourlyUsd === null || call.durationMs === null
      ? null
      : (hourlyUsd * call.durationMs) / 3_600_000;
  }
  const { promptTokens, completionTokens } = call;
  if (promptTokens === 0 && completionTokens === 0) return 0;
  const price = prices.models.get(call.model);
  return price === undefined || promptTokens === null || completionTokens === null
    ? null
    : (price.input * promptTokens + price.output * completionTokens) / 1_000_000;
}
