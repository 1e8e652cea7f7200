// Tables in Markdown, and a day.
import type { Measured } from "../machine.ts";

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

/** @param rows each as long as `head` */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(row)].join("\n");

/** `2026-11-23` */
export const dayOf = ({ date }: Measured): string => date.slice(0, 10);
