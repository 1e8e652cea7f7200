// The page about the simulated flow: its times, its delays and its prices.
import type { Measured } from "../machine.ts";
import { delayTable } from "./flow-table.ts";

/**
 * @param flow the table of times
 * @param prices the sections about prices
 */
export function pageOf(where: Measured, flow: string, kvAbsentMs: number, prices: string): string {
  return `# The whole flow, simulated

Written by \`npm run bench -- flow\` (commit ${where.commit}); figures in [results/flow.json](results/flow.json). The gateway is the production bundle under plain workerd; origin, Gemini and KV are one process that speaks their wire shapes and waits as long as the second table says. Client and all of these share the machine, so there is no network but what is stated, and each request has its card to itself: no queue forms. Delays are fixed, so the 95th percentile is that of gateway and machine, not that of a real upstream; only the old flow's are drawn from ranges. All flows run in one seeded order by lot, as events and as plain JSON.

${flow}
A new text waits for KV once before its ranking and once before its summary, and finds nothing; what Gemini has refused is read at the same time as what it answered. A hit is told for a place that has read it before; the first read of a place takes as long as one that finds nothing.

## The delays

${delayTable(kvAbsentMs)}

${prices}`;
}
