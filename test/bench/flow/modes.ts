// The bill of each mode: which lines it has.
import { cards, summaryMsOf, type Card } from "./delays.ts";
import { cloudflare, gemini, machines, rerankers } from "./price-list.ts";
import {
  machineLine,
  perHour,
  rerankCost,
  sumOf,
  tokenLine,
  unitLine,
  withCached,
  type Line,
} from "./prices.ts";
import type { RequestTokens } from "./sample.ts";

/** Of its hours, the share in which a machine works: half, as one plans with. */
export const utilisation = 0.5;

export interface GatewayUse {
  readonly name: string;
  readonly cpuMs: number;
  readonly reads: number;
  readonly writes: number;
}

/** The name of what a full hit used. */
export const hit = "full hit";

export interface Bill {
  readonly mode: string;
  readonly ranking: Line;
  readonly summary: Line;
  readonly edge: readonly Line[];
  /** Of 1,000 requests, none cached and half of them. */
  readonly usd: number;
  readonly halfCachedUsd: number;
}

export interface RerankBill {
  readonly name: string;
  readonly rule: string;
  readonly least: Line | null;
  readonly most: Line | null;
  readonly source: string;
}

export interface Prices {
  readonly utilisation: number;
  readonly bills: readonly Bill[];
  /** What a request costs that the cache answers. */
  readonly cached: readonly Line[];
  readonly rerankers: readonly RerankBill[];
  /** What Gemini's ranking costs should it count or write more than is assumed. */
  readonly dearerList: readonly Line[];
  /** What a machine so busy does in an hour. */
  readonly anHour: readonly {
    readonly machine: string;
    readonly rankings: number;
    readonly both: number;
  }[];
}

type Machine = keyof typeof machines;

/** Reads of a full hit: its scores and its summary. */
const readsOfHit = 2;
/** The key's record, when this isolate has not read it within half a minute. */
const keyReads = 1;

export function pricesOf(tokens: RequestTokens, use: readonly GatewayUse[]): Prices {
  const cpuOf = (name: string) => use.find((each) => each.name === name)?.cpuMs ?? 0;
  const edgeOf = (name: string) => {
    const { reads = 0, writes = 0 } = use.find((each) => each.name === name) ?? {};
    return edge(cpuOf(name), reads + keyReads, writes);
  };
  const cached = edge(cpuOf(hit), readsOfHit + keyReads, 0);

  const geminiRanks = tokenLine("ranking by Gemini", tokens.list, gemini);
  const geminiWrites = tokenLine("summary by Gemini", tokens.summary, gemini);
  const ranks = (card: Card, machine: Machine) =>
    machineLine(`ranking, ${machine}`, cards[card].rank.value, machines[machine].usd, utilisation);
  const writes = (card: Card, machine: Machine) =>
    machineLine(
      `summary, ${machine}, alone on the card`,
      summaryMsOf(card),
      machines[machine].usd,
      utilisation,
    );
  const bill = (mode: string, name: string, ranking: Line, summary: Line): Bill => {
    const lines = edgeOf(name);
    const usd = ranking.usd + summary.usd + sumOf(lines);
    return {
      mode,
      ranking,
      summary,
      edge: lines,
      usd,
      halfCachedUsd: withCached(usd, sumOf(cached), 0.5),
    };
  };
  const [owned, rented, g5] = ["own 4090", "rented 4090", "g5.xlarge (A10G)"] as const;
  return {
    utilisation,
    bills: [
      bill(
        "all-Gemini, and hybrid while the origin is down",
        "all-Gemini",
        geminiRanks,
        geminiWrites,
      ),
      bill(`hybrid, ${owned}`, "hybrid, 4090", ranks("4090", owned), geminiWrites),
      bill(`hybrid, ${rented}`, "hybrid, 4090", ranks("4090", rented), geminiWrites),
      bill(`hybrid, ${g5}`, "hybrid, A10G", ranks("a10g", g5), geminiWrites),
      bill(`all-local, ${owned}`, "all-local, 4090", ranks("4090", owned), writes("4090", owned)),
      bill(
        `all-local, ${rented}`,
        "all-local, 4090",
        ranks("4090", rented),
        writes("4090", rented),
      ),
      bill(`all-local, ${g5}`, "all-local, A10G", ranks("a10g", g5), writes("a10g", g5)),
    ],
    cached,
    anHour: (["4090", "a10g"] as const).map((card) => {
      const rankMs = cards[card].rank.value;
      return {
        machine: card,
        rankings: perHour(rankMs, utilisation),
        both: perHour(rankMs + summaryMsOf(card), utilisation),
      };
    }),
    rerankers: rerankers.map(({ name, rule, usd, source }) => {
      const cost = usd === null ? null : rerankCost(rule, usd, tokens.text, tokens.documents);
      return { name, rule, least: cost && cost.least, most: cost && cost.most, source };
    }),
    dearerList: [
      tokenLine(
        "should the schema be charged as input",
        { input: tokens.list.input + tokens.list.schema, output: tokens.list.output },
        gemini,
      ),
      tokenLine(
        "should the model indent its JSON",
        { input: tokens.list.input, output: tokens.list.indented },
        gemini,
      ),
    ],
  };
}

/** What Cloudflare charges for one request, beyond what its plan includes. */
function edge(cpuMs: number, reads: number, writes: number): readonly Line[] {
  return [
    unitLine("request", 1, cloudflare.request.usd),
    unitLine("ms of CPU", cpuMs, cloudflare.cpu.usd),
    unitLine("KV reads", reads, cloudflare.kvRead.usd),
    unitLine("KV writes", writes, cloudflare.kvWrite.usd),
    unitLine("call of the tenant's Durable Object, at most", 1, cloudflare.durableObject.usd),
    unitLine("row of telemetry", 1, cloudflare.row.usd),
  ];
}
