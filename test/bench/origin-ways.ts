// Ways to rank a catalogue on one vLLM, side by side in interleaved rounds: one request at a time.
import type { Vllm } from "../vllm/server.ts";
import { contenders, type Contender, type Size } from "./origin-contenders.ts";
import type { Part, StartVllm } from "./origin.ts";
import { quantile } from "./stats.ts";

const sizes: readonly Size[] = [24, 8, 100].flatMap((themes) =>
  [300, 100, 1_000].map((textTokens) => ({ themes, textTokens })),
);
const [quoted] = sizes;
const quotedRounds = 2;
/** Larger cells are skipped and listed. */
const maxCellMs = 60_000;
const maxRounds = 20;

interface Cell {
  readonly contender: Contender;
  readonly size: Size;
  readonly timesMs: number[];
  skipped: string | null;
}

/** @param untilMs by the clock of `Date.now`; no cell is begun that would take longer */
export async function compareWays(start: StartVllm, untilMs: number): Promise<Part> {
  const cells = sizes.flatMap((size) =>
    contenders.map((contender): Cell => ({ contender, size, timesMs: [], skipped: null })),
  );
  // Prefix caching is a property of the server: what is measured without it has its own, and the last
  // tenth of the time. All else runs on one server.
  const shared = cells.filter(({ contender }) => contender.prefixCaching);
  const unshared = cells.filter(({ contender }) => !contender.prefixCaching);
  const vllm = await start([]);
  try {
    await rounds(vllm, shared, cells, Date.now() + 0.9 * (untilMs - Date.now()));
  } finally {
    await vllm.stop();
  }
  const plain = await start(["--no-enable-prefix-caching"]);
  try {
    await rounds(plain, unshared, cells, untilMs);
  } finally {
    await plain.stop();
  }

  return { figures: { cells: cells.map(toFigures) }, table: table(cells) };
}

/**
 * Each round measures every cell once, so that a slow minute of the machine falls on all alike. The
 * first rounds are of the first size only: its figures are the ones that are quoted.
 */
async function rounds(
  vllm: Vllm,
  cells: readonly Cell[],
  known: readonly Cell[],
  untilMs: number,
): Promise<void> {
  for (let round = 0; round < maxRounds; round += 1) {
    for (const cell of round < quotedRounds ? cells.filter(({ size }) => size === quoted) : cells) {
      if (cell.skipped !== null) continue;
      const own = quantile(cell.timesMs, 0.5);
      const expectedMs = Number.isNaN(own) ? guessMs(cell, known) : own;
      if (expectedMs > maxCellMs) {
        cell.skipped = `would take about ${Math.round(expectedMs / 1_000)} s`;
      } else if (Date.now() + expectedMs < untilMs) {
        await measure(vllm, cell, round);
      }
    }
    if (Date.now() > untilMs) return;
  }
}

async function measure(vllm: Vllm, cell: Cell, round: number): Promise<void> {
  const { contender, size } = cell;
  const limit = AbortSignal.timeout(3 * maxCellMs);
  try {
    const run = await contender.prepare(vllm, size, round, limit);
    const startedMs = performance.now();
    await run();
    cell.timesMs.push(performance.now() - startedMs);
    const last = Math.round(cell.timesMs.at(-1) ?? 0);
    console.error(
      `${contender.name}, ${size.themes} themes, ${size.textTokens} tokens: ${last} ms`,
    );
  } catch (error) {
    cell.skipped = error instanceof Error ? error.message.slice(0, 120) : "failed";
  }
}

/** From the contender's own cells measured so far, else from the first one's, by the work of each. */
function guessMs({ contender, size }: Cell, cells: readonly Cell[]): number {
  const ratesOf = (of: Contender | undefined) =>
    cells
      .filter((cell) => cell.contender === of && cell.timesMs.length > 0)
      .map((cell) => quantile(cell.timesMs, 0.5) / cell.contender.work(cell.size));
  const own = ratesOf(contender);
  const rates = own.length > 0 ? own : ratesOf(contenders[0]);
  return rates.length === 0 ? 0 : Math.max(...rates) * contender.work(size);
}

function toFigures({ contender, size, timesMs, skipped }: Cell) {
  return {
    contender: contender.name,
    ...size,
    n: timesMs.length,
    p50Ms: timesMs.length === 0 ? null : Math.round(quantile(timesMs, 0.5)),
    p95Ms: timesMs.length === 0 ? null : Math.round(quantile(timesMs, 0.95)),
    skipped,
  };
}

/** Ratios to the first contender at p50, then p50 / p95 and n. */
function table(cells: readonly Cell[]): string {
  const head = sizes.map(({ themes, textTokens }) => `${themes} themes, ${textTokens} tokens`);
  const lines = [
    ["contender", ...head],
    ["---", ...head.map(() => "---")],
  ];
  for (const contender of contenders) {
    const row = sizes.map((size) => {
      const of = (each: Contender | undefined) =>
        cells.find((cell) => cell.contender === each && cell.size === size)?.timesMs ?? [];
      const [mine, first] = [of(contender), of(contenders[0])];
      if (mine.length === 0) return "not measured";
      const ratio = quantile(mine, 0.5) / quantile(first, 0.5);
      const seconds = (q: number) => (quantile(mine, q) / 1_000).toFixed(2);
      return `${ratio.toFixed(1)}x (${seconds(0.5)} / ${seconds(0.95)} s, n ${mine.length})`;
    });
    lines.push([contender.name, ...row]);
  }
  const skipped = cells.filter((cell) => cell.skipped !== null);
  return [
    ...lines.map((row) => `| ${row.join(" | ")} |`),
    "",
    ...skipped.map(
      ({ contender, size, skipped: why }) =>
        `skipped: ${contender.name}, ${size.themes} themes, ${size.textTokens} tokens: ${why}`,
    ),
  ].join("\n");
}
