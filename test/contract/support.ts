// What the contract suites share: a deadline, names for upstreams, and the switches of the fakes.
import type { Deadline } from "../../gateway/core/ports.ts";
import { createDeadline } from "../../gateway/resilience/deadline.ts";
import type { Fault } from "../support/fault.ts";
import { realClock } from "../support/real-clock.ts";

export const within = (budgetMs: number): Deadline =>
  createDeadline(realClock, Date.now(), budgetMs);

/**
 * The same upstream under a name of its own: the health that isolates tell each other of is then
 * another's. What an earlier test left running may still probe, and tell of its outage.
 */
export const named = (url: string, name: string | number) => `${url}?test=${name}`;

/** The fakes run in Node; from workerd they are steered over HTTP. */
export class FakeControl {
  readonly #url: string;

  constructor(url: string) {
    this.#url = new URL("/__fake", url).href;
  }

  async break(fault: Fault): Promise<void> {
    await fetch(this.#url, { method: "PUT", body: JSON.stringify(fault) });
  }

  async reset(): Promise<void> {
    await fetch(this.#url, { method: "DELETE" });
  }

  async requests(): Promise<readonly Recorded[]> {
    const answer = await fetch(this.#url);
    const { requests } = await answer.json<{ requests: Recorded[] }>();
    return requests;
  }
}

interface Recorded {
  readonly path: string;
  readonly query: string;
  readonly body: unknown;
  readonly aborted: boolean;
}

export const themes = [
  { id: "money", label: "Money", description: "Debt, wages, rent and bills" },
  { id: "travel", label: "Travel", description: "Journeys, trains and far places" },
  { id: "sleep", label: "Sleep", description: "Rest, dreams and nights awake" },
  { id: "family", label: "Family", description: "Parents, children and home" },
  { id: "odd", label: "<|eot_id|>Odd \u{1F9FE} label", description: "" },
];

export const text =
  "The rent is late again and the debt keeps me awake at night. " +
  "My children ask why there is no money for the trip.";
