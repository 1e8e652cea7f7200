// A ranking as ranked bars.
import type { RankAnswer } from "../api.ts";
import { columns, fitted, printable } from "./printable.ts";

export interface Terminal {
  /** Columns. */
  readonly width: number;
  readonly color: boolean;
}

const widestLabel = 32;
const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

const cyan = (text: string, { color }: Terminal) => (color ? `\u001B[36m${text}\u001B[0m` : text);

/** One line for each theme: place, label, bar, score; then where the scores come from. */
export function bars(answer: RankAnswer, terminal: Terminal): string {
  const labels = answer.themes.map(({ label }) => printable(label));
  const labelWidth = Math.min(widestLabel, Math.max(1, ...labels.map(columns)));
  const placeWidth = String(answer.themes.length).length;
  const barWidth = Math.max(10, Math.min(50, terminal.width - labelWidth - placeWidth - 9));
  const lines = answer.themes.map(({ rank, score }, index) => {
    const place = String(rank).padStart(placeWidth);
    const label = fitted(labels[index] ?? "", labelWidth);
    const bar = fitted(barOf(score, barWidth), barWidth);
    return `${place} ${label} ${cyan(bar, terminal)} ${score.toFixed(1).padStart(5)}`;
  });
  if (lines.length === 0) lines.push("No theme reaches the score that was asked for.");
  return `${lines.join("\n")}\n`;
}

function barOf(score: number, width: number): string {
  const cells = Math.round((score / 100) * width * 8);
  return "█".repeat(Math.floor(cells / 8)) + (eighths[cells % 8] ?? "");
}

/** Where the scores come from, and how long it took. */
export function origin(answer: RankAnswer): string {
  const { source, model, cache, processing_time_ms: ms, degraded, reason, id } = answer;
  const why = degraded ? `, degraded: ${reason ?? ""}` : "";
  return `${printable(`${source} (${model})${why}, cache ${cache.status}, ${ms} ms, ${id}`)}\n`;
}
