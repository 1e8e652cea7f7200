// The table of times that the README quotes, and the delays it was made with.
import type { Measured } from "../machine.ts";
import { cards, delays, oldFlow, type Delay } from "./delays.ts";
import { dayOf, table } from "./markdown.ts";

export interface Spread {
  readonly n: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface FlowFigures {
  readonly name: string;
  /** From the events of a stream. */
  readonly ranking: Spread;
  readonly firstWords: Spread;
  readonly summary: Spread;
  /** All of a plain JSON answer. */
  readonly json: Spread;
  /** Requests that others answered than this flow is about; not among the figures. */
  readonly unexpected: number;
}

interface FlowResult {
  readonly n: number;
  readonly requestsPerSecond: number;
  readonly old: { readonly ranking: Spread; readonly summary: Spread };
  readonly flows: readonly FlowFigures[];
  readonly alone: Spread;
  readonly outages: Readonly<Record<string, readonly number[]>>;
}

const time = (ms: number) => (ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`);
const both = ({ p50Ms, p95Ms }: Spread) => `${time(p50Ms)} (${time(p95Ms)})`;

/** Time to ranking and to summary, by flow. */
export function flowTable(where: Measured, result: FlowResult): string {
  const { old, flows, alone, outages } = result;
  const crowd = flows[0]?.summary;
  return [
    `Simulated: real gateway, upstreams that only wait. ${dayOf(where)}, commit ${where.commit}, ${where.machine}; median (95th percentile), n = ${result.n}:\n`,
    table(
      ["simulated", "ranking", "summary: first words", "all of it", "plain JSON, all at once"],
      [
        [
          "the old flow: one large model, twice",
          both(old.ranking),
          both(old.summary),
          both(old.summary),
          "the same",
        ],
        ...flows.map(({ name, ranking, firstWords, summary, json }) => [
          name,
          both(ranking),
          both(firstWords),
          both(summary),
          both(json),
        ]),
      ],
    ),
    "",
    ...Object.entries(outages).map(
      ([name, paid]) =>
        `- ${name}: ${paid.length} had to meet the outage first; ranking after ${paid.map(time).join(", ")}`,
    ),
    `- answered by others than the row tells: ${flows.reduce((sum, { unexpected }) => sum + unexpected, 0)}`,
    `- the first flow's whole summary, alone on the machine: ${alone.p50Ms} ms (${alone.p95Ms} ms, n = ${alone.n}); among all flows at ${result.requestsPerSecond} requests/s: ${crowd?.p50Ms} ms (${crowd?.p95Ms} ms)`,
    "",
  ].join("\n");
}

/**
 * What each upstream takes, and on what ground.
 * @param kvAbsentMs as this run had it
 */
export function delayTable(kvAbsentMs: number): string {
  const stated: readonly Delay[] = [
    ...Object.entries(cards).flatMap(([name, card]) =>
      Object.values(card).map((delay) => ({ ...delay, what: `${name}: ${delay.what}` })),
    ),
    ...Object.values({ ...delays, kvAbsent: { ...delays.kvAbsent, value: kvAbsentMs } }),
  ];
  const [slow, fast] = [oldFlow.ranking, oldFlow.summary].map(
    ([from, to]) => `${from / 1_000} to ${to / 1_000} s`,
  );
  return table(
    ["delay", "value", "basis", "source"],
    [
      ["the old flow's ranking, its summary", `${slow}, ${fast}`, "told", oldFlow.basis],
      ...stated.map(({ what, value, unit, basis, source }) => [
        what,
        `${value} ${unit}`,
        basis,
        source,
      ]),
    ],
  );
}
