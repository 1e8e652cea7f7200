// What 1,000 requests cost: the table that the README quotes, and each sum behind it.
import type { Measured } from "../machine.ts";
import { dayOf, table } from "./markdown.ts";
import type { Prices } from "./modes.ts";
import { cloudflare, gemini, machines } from "./price-list.ts";
import { dollars, sumOf, type Line } from "./prices.ts";
import type { RequestTokens } from "./sample.ts";

/** What 1,000 requests cost, by mode, and the rerankers beside. */
export function priceTable(
  where: Measured,
  { bills, cached, rerankers, utilisation }: Prices,
): string {
  const range = (least: Line | null, most: Line | null) => {
    if (least === null || most === null) return "no price found";
    return least.usd === most.usd
      ? dollars(least.usd)
      : `${dollars(least.usd)} to ${dollars(most.usd)}`;
  };
  return [
    `Computed, ${dayOf(where)}; US dollars for 1,000 requests, machines ${100 * utilisation} % busy:\n`,
    table(
      ["1,000 requests", "ranking", "summary", "Cloudflare", "all", "half of them cached"],
      [
        ...bills.map(({ mode, ranking, summary, edge, usd, halfCachedUsd }) => [
          mode,
          dollars(ranking.usd),
          dollars(summary.usd),
          dollars(sumOf(edge)),
          dollars(usd),
          dollars(halfCachedUsd),
        ]),
        ["all of them cached", "", "", dollars(sumOf(cached)), dollars(sumOf(cached)), ""],
        ...rerankers.map(({ name, least, most }) => [
          name,
          range(least, most),
          "none",
          "",
          range(least, most),
          "",
        ]),
      ],
    ),
    "",
  ].join("\n");
}

/** Each sum, by mode. */
export function priceSections(where: Measured, tokens: RequestTokens, prices: Prices): string {
  const lines = (all: readonly Line[]) =>
    all.map(({ what, how }) => `- ${what}: ${how}`).join("\n");
  const documents = tokens.documents.reduce((sum, each) => sum + each, 0);
  const machineLines = Object.entries(machines).map(
    ([name, { usd, source }]) => `- ${name}: $${usd} an hour (${source})`,
  );
  const edgeLines = Object.values(cloudflare).map(
    ({ usd, per, source }) => `- $${usd} per ${per} (${source})`,
  );
  return `## What 1,000 requests cost

The sums are in [flow/prices.ts](flow/prices.ts), the list prices with their sources in [flow/price-list.ts](flow/price-list.ts), the lines of each mode in [flow/modes.ts](flow/modes.ts). Nothing here was billed to anybody: tokens are counted, machine times computed ([gpu-origin/presets](../../gpu-origin/presets/README.md)); the gateway's operations and CPU are measured in the run above.

One request: \`POST /v1/analyze\`, the 24 themes of \`gateway/samples/life.json\`, a text of ${tokens.text} tokens that no cache knows, a summary around five themes.

${priceTable(where, prices)}
Cloudflare is what lies beyond its paid plan ($5 a month, which includes 10 million requests, 30 million ms of CPU, 10 million reads and 1 million writes); logs are left out. Storage and traffic cost next to nothing. Work of one's own is not counted.

### Tokens

Counted in the prompts that the gateway sends, with Gemma 3's tokenizer, the nearest to Gemini's that can be had. Rerankers have their own, which differ by some percent.

| | in | out |
|---|---|---|
| the list prompt, 24 themes | ${tokens.list.input} | ${tokens.list.output}: JSON without white space |
| its schema | ${tokens.list.schema} | ${tokens.list.indented}, were it indented |
| the summary prompt, five themes | ${tokens.summary.input} | ${tokens.summary.output}, assumed: 90 words at most |
| the themes as a reranker's documents | ${documents} in ${tokens.documents.length} | |

The origin's tokens are not paid for: its machine is, by the hour.

### Prices

- Gemini: ${gemini.model}, $${gemini.input} in and $${gemini.output} out per million tokens (${gemini.source}); no thoughts, as that model does by default
${machineLines.join("\n")}
${edgeLines.join("\n")}

A machine is paid for whether it works or not: ${100 * prices.utilisation} % busy is what one plans with; at 10 % its lines are five times as much, and a g5.xlarge ranks for what Gemini takes, which agrees with [when a GPU pays](../../gpu-origin/kubernetes/README.md). A summary on the card is counted as if it had the card to itself; vLLM writes several at once, so this is the most it costs. One after the other and ${100 * prices.utilisation} % busy, ${prices.anHour
    .map(
      ({ machine, rankings, both: all }) =>
        `a ${machine} ranks ${rankings.toLocaleString("en-US")} texts an hour, or ranks and summarises ${all.toLocaleString("en-US")}`,
    )
    .join("; ")}.

${prices.bills
  .map(
    ({ mode, ranking, summary, edge, usd, halfCachedUsd }) =>
      `### ${mode}\n\n${lines([ranking, summary, ...edge])}\n- all: **${dollars(usd)}**; half of them cached: (${dollars(usd)} + ${dollars(sumOf(prices.cached))}) / 2 = **${dollars(halfCachedUsd)}**`,
  )
  .join("\n\n")}

### Answered by the cache

${lines(prices.cached)}
- all: **${dollars(sumOf(prices.cached))}**

### What would make Gemini's ranking dearer

${lines(prices.dearerList)}

### Rerankers for the same ranking, without a summary

One query of ${tokens.text} tokens, ${tokens.documents.length} documents of ${Math.round(documents / tokens.documents.length)} tokens. Where a vendor does not say how the query is counted, both ways are shown.

${table(
  ["reranker", "rule", "least", "most", "price from"],
  prices.rerankers.map(({ name, rule, least, most, source }) => [
    name,
    rule,
    least?.how ?? "no price found",
    most?.how ?? "",
    source,
  ]),
)}

### The old flow

Its model was not named, so its price is not known. With these prompts and one model for both calls it would have ${(tokens.list.input + tokens.summary.input).toLocaleString("en-US")} tokens in and ${tokens.list.output + tokens.summary.output} out a request: a model at ten times Gemini's prices costs ten times the first row.
`;
}
