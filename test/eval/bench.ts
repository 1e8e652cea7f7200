// How long a ranking takes through a gateway: by size one after another, and by how many at once.
import life from "../../gateway/samples/life.json" with { type: "json" };
import texts from "../../gateway/samples/texts.json" with { type: "json" };
import { quantile } from "../bench/stats.ts";
import type { Client } from "./client.ts";
import type { EvalTheme } from "./dataset.ts";

export interface SizeFigures {
  readonly themes: number;
  readonly textTokens: number;
  readonly n: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface LoadFigures {
  readonly concurrency: number;
  readonly n: number;
  readonly rankingsPerSecond: number;
  readonly p95Ms: number;
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
  const timed = async (themes: number, textTokens: number) => {
    serial += 1;
    const { ms } = await client(textOf(textTokens, serial), themesOf(themes));
    return ms;
  };
  await timed(24, 300);
  const bySize: SizeFigures[] = [];
  for (const [themes, textTokens] of sizes) {
    const untilMs = performance.now() + 1_000 * maxSeconds;
    const times = [];
    do times.push(await timed(themes, textTokens));
    while (times.length < rounds && performance.now() < untilMs);
    bySize.push({
      themes,
      textTokens,
      n: times.length,
      p50Ms: quantile(times, 0.5),
      p95Ms: quantile(times, 0.95),
    });
  }
  const load: LoadFigures[] = [];
  for (const concurrency of levels) {
    const startedMs = performance.now();
    const times: number[] = [];
    let left = Math.max(concurrency, 4 * rounds);
    const worker = async () => {
      while (left > 0 && performance.now() < startedMs + 1_000 * maxSeconds) {
        left -= 1;
        times.push(await timed(24, 300));
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    const seconds = (performance.now() - startedMs) / 1_000;
    load.push({
      concurrency,
      n: times.length,
      rankingsPerSecond: times.length / seconds,
      p95Ms: quantile(times, 0.95),
    });
  }
  return { sizes: bySize, load };
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
