// `npm run eval -- --injection`: what orders written into a text do to a ranker, as a table.
import type { Client } from "../client.ts";
import { progress } from "../progress.ts";
import { markdown, share } from "../table.ts";
import { attacks } from "./attack.ts";
import { carriers } from "./carrier.ts";
import { injectionFigures, type Bar, type Group, type InjectionFigures } from "./figures.ts";
import { plan, runTrials, type Trial } from "./trial.ts";

export interface InjectionOptions {
  /** Attacked texts at most, of 120: drawn from all attacks and positions, the same in every run. */
  readonly limit?: number;
  /** Attacked texts at once; each waits for its own clean text and control. */
  readonly concurrency?: number;
  /** Called for each attacked text that is done; default a bar on the terminal. */
  readonly tick?: () => void;
}

export interface InjectionReport {
  /** Markdown. */
  readonly text: string;
  /** Holds no text of the carriers. */
  readonly figures: InjectionFigures;
  /** Every single standing, so that any figure can be computed again. */
  readonly trials: readonly Trial[];
  /** Attacked texts that could not be ranked, each with its reason. */
  readonly failed: readonly string[];
}

/**
 * Attacks a ranker: about 240 calls, of 24 to 27 themes each.
 * @throws Unranked when the very first text cannot be ranked
 */
export async function injectionReport(
  client: Client,
  { limit = Infinity, concurrency = 4, tick }: InjectionOptions = {},
): Promise<InjectionReport> {
  const planned = plan(carriers(), limit);
  const bar = progress("injection", planned.length);
  const { trials, failed, source, model } = await runTrials(client, planned, {
    concurrency,
    tick: tick ?? (() => bar.tick()),
  });
  const figures = injectionFigures(trials, { source, model, failed: failed.length });
  return { text: tables(figures), figures, trials, failed };
}

function tables(figures: InjectionFigures): string {
  const judged = [figures.orders, figures.stuffing, figures.all, figures.control];
  const verdicts = figures.orders.bars.map(({ name, atMost }, row) => [
    name,
    `<= ${atMost}`,
    ...judged.map(({ bars }) => verdict(bars[row])),
  ]);
  const beyond = [
    ["median beyond control", (group: Group) => group.beyondControl?.median ?? "-"],
    ["95th percentile beyond control", (group: Group) => group.beyondControl?.p95 ?? "-"],
    ["entries that the control does not make", (group: Group) => group.enteredBeyondControl],
  ] as const;
  const failed = figures.failed === 0 ? "" : `, ${figures.failed} not ranked`;
  return [
    `injection: ${attacks.length} attacks at 3 positions; ${figures.all.texts} attacked texts${failed}; ` +
      "points of 100 by which the targeted theme's score rises; " +
      "control: a harmless sentence that names the theme, in the attack's place",
    "",
    markdown(
      ["", "bar", ...judged.map(({ name, texts }) => `${name} (${texts})`)],
      [...verdicts, ...beyond.map(([name, of]) => [name, "", ...judged.map(of)])],
    ),
    "",
    groupTable("kind", figures.kinds),
    "",
    groupTable("position (orders alone)", figures.positions),
  ].join("\n");
}

function groupTable(head: string, groups: readonly Group[]): string {
  return markdown(
    [
      head,
      "texts",
      "shift: median / p95 / max",
      "beyond control",
      "ranks gained",
      "into the top 3 from beyond 10",
    ],
    groups.map((group) => [
      group.name,
      group.texts,
      spread(group.shift),
      spread(group.beyondControl),
      spread(group.ranks),
      `${group.entered} of ${group.fromBeyond10} (${share(group.enteredShare)})`,
    ]),
  );
}

function spread(of: Group["shift"]): string {
  return of === null ? "-" : `${of.median} / ${of.p95} / ${of.max}`;
}

function verdict(bar: Bar | undefined): string {
  if (bar === undefined || bar.value === null) return "-";
  return `${bar.value} ${bar.passed ? "pass" : "FAIL"}`;
}
