// How long a ranking takes through a gateway: by size one after another, and by how many at once.
import life from "../../gateway/samples/life.json" with { type: "json" };
import texts from "../../gateway/samples/texts.json" with { type: "json" };
import { quantile } from "../bench/stats.ts";
import { Unranked, type Client } from "./client.ts";
import type { EvalTheme } from "./dataset.ts";

export interface SizeFigures {
  readonly themes: number;
  readonly textTokens: number;
  readonly n: number;
  /** Those that took longer than a request may. */
  readonly failed: number;
  /** null when none was answered. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

export interface LoadFigures {
  readonly concurrency: number;
  readonly n: number;
  readonly failed: number;
  readonly rankingsPerSecond: number;
  readonly p95Ms: number | null;
}

export interface BenchFigures {
  readonly sizes: readonly SizeFigures[];
  /** 24 themes, 300 tokens. */
  readonly load: readonly LoadFigures[];
}

const sizes = [
  [24, 300],
  [24, 100],
  [24, 1_000],
  [8, 300],
  [100, 300],
] as const;
const levels = [1, 4, 16] as const;
/** English has about so many characters a token. */
const charsPerToken = 4.2;

/**
 * @param rounds rankings of each size, and at each concurrency four times as many
 * @param maxSeconds of each cell; what does not fit is left out, at least one ranking is measured
 */
export async function benchRankings(
  client: Client,
  rounds: number,
  maxSeconds: number,
): Promise<BenchFigures> {
  let serial = 0;
  const timed = async (themes: number, textTokens: number): Promise<number | null> => {
    serial += 1;
    try {
      return (await client(textOf(textTokens, serial), themesOf(themes))).ms;
    } catch (error) {
      if (error instanceof Unranked) return null;
      throw error;
    }
  };
  await timed(24, 300);
  const bySize: SizeFigures[] = [];
  for (const [themes, textTokens] of sizes) {
    const untilMs = performance.now() + 1_000 * maxSeconds;
    const times = [];
    do times.push(await timed(themes, textTokens));
    while (times.length < rounds && performance.now() < untilMs);
    bySize.push({ themes, textTokens, ...figures(times) });
  }
  const load: LoadFigures[] = [];
  for (const concurrency of levels) {
    const startedMs = performance.now();
    const times: (number | null)[] = [];
    let left = Math.max(concurrency, 4 * rounds);
    const worker = async () => {
      while (left > 0 && performance.now() < startedMs + 1_000 * maxSeconds) {
        left -= 1;
        times.push(await timed(24, 300));
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    const seconds = (performance.now() - startedMs) / 1_000;
    const { n, failed, p95Ms } = figures(times);
    load.push({ concurrency, n, failed, rankingsPerSecond: n / seconds, p95Ms });
  }
  return { sizes: bySize, load };
}

function figures(times: readonly (number | null)[]): Omit<SizeFigures, "themes" | "textTokens"> {
  const known = times.filter((ms) => ms !== null);
  const at = (q: number) => (known.length === 0 ? null : quantile(known, q));
  const failed = times.length - known.length;
  return { n: known.length, failed, p50Ms: at(0.5), p95Ms: at(0.95) };
}

function themesOf(count: number): EvalTheme[] {
  return Array.from({ length: count }, (_, index) => {
    const { label, description } = life[index % life.length] ?? { label: "", description: "" };
    const again = Math.floor(index / life.length);
    const name = again === 0 ? label : `${label} ${again + 1}`;
    return { id: name, label: name, description };
  });
}

/** No two texts share a start: nothing of one is in a prefix cache for the next. */
function textOf(tokens: number, serial: number): string {
  const prose = texts.map(({ text }) => text).join(" ");
  const length = tokens * charsPerToken;
  const start = `Entry ${serial} of ${Date.now()}. `;
  return (start + prose.repeat(Math.ceil(length / prose.length))).slice(0, length);
}
