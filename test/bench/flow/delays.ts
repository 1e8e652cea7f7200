// The delays of the simulated flow: how long each upstream takes, and on what ground that is said.

export interface Delay {
  readonly what: string;
  /** Milliseconds, but for `tokensPerSecond` and `tokens`. */
  readonly value: number;
  readonly unit: "ms" | "tokens/s" | "tokens";
  readonly basis: "published" | "computed" | "assumed";
  readonly source: string;
}

const presets =
  "gpu-origin/presets/README.md: 60 % of the card's 8-bit peak; not measured on a card";
const decode =
  "memory bandwidth over the bytes of the 8-bit weights, at 74 % of that limit; not measured on a card";
const prefill =
  "480 tokens at 60 % of the card's 8-bit peak, and as much time around them as a ranking has";

/** What a card takes, per request that it has to itself. */
const card = (rankMs: number, firstMs: number, eachMs: number) =>
  ({
    rank: { what: "a ranking", value: rankMs, unit: "ms", basis: "computed", source: presets },
    first: {
      what: "a summary's first token",
      value: firstMs,
      unit: "ms",
      basis: "computed",
      source: prefill,
    },
    each: {
      what: "each token after it",
      value: eachMs,
      unit: "ms",
      basis: "computed",
      source: decode,
    },
  }) satisfies Record<string, Delay>;

/** Origin: Llama 3.1 8B, 8 bit, 24 themes, a text of 300 tokens. */
export const cards = { "4090": card(125, 75, 10.8), a10g: card(250, 130, 18.1) } as const;

export type Card = keyof typeof cards;

const vercel =
  "https://vercel.com/ai-gateway/models/gemini-3.1-flash-lite/providers, Google, read 2026-11-23: " +
  "medians of its own traffic; none was found for gemini-3.5-flash-lite, which is asked first";

export const delays = {
  geminiFirst: {
    what: "Gemini's first token, its network included",
    value: 1_400,
    unit: "ms",
    basis: "published",
    source: vercel,
  },
  geminiRate: {
    what: "Gemini's tokens after it",
    value: 337,
    unit: "tokens/s",
    basis: "published",
    source: vercel,
  },
  geminiEvent: {
    what: "tokens in one event of Gemini's stream",
    value: 20,
    unit: "tokens",
    basis: "assumed",
    source: "no figure was found",
  },
  listTokens: {
    what: "tokens of a list of 24 scores",
    value: 157,
    unit: "tokens",
    basis: "computed",
    source: "counted with Gemma 3's tokenizer, as JSON without white space",
  },
  summaryTokens: {
    what: "tokens of a summary",
    value: 120,
    unit: "tokens",
    basis: "assumed",
    source: "the prompt asks for 90 words at most",
  },
  tunnel: {
    what: "from the Worker through the tunnel to the origin and back",
    value: 30,
    unit: "ms",
    basis: "assumed",
    source: "a data centre of the same continent",
  },
  kvHot: {
    what: "a read of KV that this place has made before",
    value: 7,
    unit: "ms",
    basis: "assumed",
    source: "6 to 8 ms, as others have told",
  },
  kvAbsent: {
    what: "a read of KV that this place has not made before: a new text's, each time",
    value: 200,
    unit: "ms",
    basis: "assumed",
    source:
      "the middle of 100 to 300 ms, as others have told; of its own storage Cloudflare reports much less since 2025 (https://eranstiller.com/news/cloudflare-workers-kv)",
  },
} as const satisfies Record<string, Delay>;

/** The flow before this product, one large hosted model asked twice: the range of each call, ms. */
export const oldFlow = {
  ranking: [15_000, 20_000],
  summary: [8_000, 12_000],
  basis: "as its users had it: 15 to 20 s, then 8 to 12 s; drawn evenly from these ranges",
} as const;

/** A whole summary on a card, ms. */
export function summaryMsOf(name: Card): number {
  const { first, each } = cards[name];
  return first.value + (delays.summaryTokens.value - 1) * each.value;
}

/** What the upstream process is told; milliseconds. */
export interface Pace {
  readonly cards: Readonly<Record<string, { rankMs: number; firstMs: number; summaryMs: number }>>;
  readonly geminiFirstMs: number;
  readonly geminiListMs: number;
  readonly geminiSummaryMs: number;
  readonly geminiEvents: number;
  readonly tunnelMs: number;
  readonly kvHotMs: number;
  readonly kvAbsentMs: number;
}

/** The delays above, as times from the request on. */
export function paceOf(kvAbsentMs: number): Pace {
  const { geminiFirst, geminiRate, geminiEvent, listTokens, summaryTokens, tunnel } = delays;
  const writing = (tokens: number) => (tokens / geminiRate.value) * 1_000;
  return {
    cards: { "4090": paceOfCard("4090"), a10g: paceOfCard("a10g") },
    geminiFirstMs: geminiFirst.value,
    geminiListMs: geminiFirst.value + writing(listTokens.value),
    geminiSummaryMs: geminiFirst.value + writing(summaryTokens.value),
    geminiEvents: Math.ceil(summaryTokens.value / geminiEvent.value),
    tunnelMs: tunnel.value,
    kvHotMs: delays.kvHot.value,
    kvAbsentMs,
  };
}

const paceOfCard = (name: Card) => ({
  rankMs: cards[name].rank.value,
  firstMs: cards[name].first.value,
  summaryMs: summaryMsOf(name),
});
