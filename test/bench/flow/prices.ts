// What 1,000 requests cost: pure arithmetic, each line with the sum it was made by. US dollars.
import type { RerankRule } from "./price-list.ts";

export interface Line {
  readonly what: string;
  /** The sum, as one can repeat it by hand. */
  readonly how: string;
  /** Of 1,000 requests. */
  readonly usd: number;
}

const requests = 1_000;
const millions = 1_000_000;
const secondsAnHour = 3_600;

const plain = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 3 });
/** Cents from one dollar on, else three digits that count. */
export const dollars = (usd: number): string => {
  if (usd === 0 || usd >= 1) return `$${usd === 0 ? 0 : usd.toFixed(2)}`;
  return `$${Number(usd.toPrecision(3))}`;
};

/** @param price US dollars per million tokens */
export function tokenLine(
  what: string,
  tokens: { readonly input: number; readonly output: number },
  price: { readonly input: number; readonly output: number },
): Line {
  const usd = (requests * (tokens.input * price.input + tokens.output * price.output)) / millions;
  const how =
    `1,000 x (${plain(tokens.input)} in x $${price.input} + ${plain(tokens.output)} out x $${price.output})` +
    ` / 1,000,000 = ${dollars(usd)}`;
  return { what, how, usd };
}

/**
 * Work on a machine that is paid by the hour, busy or not.
 * @param busyMs what one request takes of it, ms
 * @param utilisation the share of its hours that it works, over 0 to 1
 */
export function machineLine(
  what: string,
  busyMs: number,
  hourlyUsd: number,
  utilisation: number,
): Line {
  const usd = (requests * (busyMs / 1_000) * hourlyUsd) / secondsAnHour / utilisation;
  const how =
    `1,000 x ${plain(busyMs / 1_000)} s x $${hourlyUsd} / 3,600 s / ${plain(100 * utilisation)} % busy` +
    ` = ${dollars(usd)}`;
  return { what, how, usd };
}

/** How many pieces of such work a machine does in an hour, one after the other; whole. */
export const perHour = (busyMs: number, utilisation: number): number =>
  Math.floor((secondsAnHour * 1_000 * utilisation) / busyMs);

/** @param usdPerMillion of one such thing @param each how many a request uses */
export function unitLine(what: string, each: number, usdPerMillion: number): Line {
  const usd = (requests * each * usdPerMillion) / millions;
  return {
    what,
    how: `1,000 x ${plain(each)} x $${usdPerMillion} / 1,000,000 = ${dollars(usd)}`,
    usd,
  };
}

export const sumOf = (lines: readonly Line[]): number =>
  lines.reduce((sum, { usd }) => sum + usd, 0);

/** What is paid when a share of the requests, 0 to 1, is answered by the cache. */
export const withCached = (freshUsd: number, cachedUsd: number, share: number): number =>
  (1 - share) * freshUsd + share * cachedUsd;

/** The documents that one search holds. */
const documentsOfSearch = 100;

/**
 * What a reranker charges for 1,000 queries: the least and the most that its rule allows.
 * @param usd per 1,000 searches, or per million tokens
 */
export function rerankCost(
  rule: RerankRule,
  usd: number,
  query: number,
  documents: readonly number[],
): { readonly least: Line; readonly most: Line } {
  const count = documents.length;
  const all = documents.reduce((sum, tokens) => sum + tokens, 0);
  if (rule === "search") {
    const searches = Math.ceil(count / documentsOfSearch);
    const cost = usd * searches;
    const how = `1,000 x ${searches} search x $${usd} / 1,000 = ${dollars(cost)}`;
    const line = {
      what: `${count} documents, a search holds ${documentsOfSearch}`,
      how,
      usd: cost,
    };
    return { least: line, most: line };
  }
  const byTokens = (what: string, sum: string, tokens: number): Line => {
    const cost = (requests * tokens * usd) / millions;
    return {
      what,
      how: `1,000 x (${sum} = ${plain(tokens)}) x $${usd} / 1,000,000 = ${dollars(cost)}`,
      usd: cost,
    };
  };
  const most = byTokens(
    "the query with each document",
    `${query} x ${count} + ${all}`,
    query * count + all,
  );
  const once = byTokens("the query once", `${query} + ${all}`, query + all);
  return { least: rule === "query each time" ? most : once, most };
}
