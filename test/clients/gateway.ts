// What the tests know of the gateway: where it is, its key, what is asked, and who came to it.
import { inject } from "vitest";
import type { Visit } from "./relay.ts";

export const url = inject("relay");
export const key = inject("key");

export const query = "The rent is late again and the debt keeps me awake at night.";
/** The second of them is what the query is about. */
export const documents = ["Travel: journeys and trains", "Money: debt, rent and bills", "Garden"];

/** Lets the next requests be refused with 429 and Retry-After: 1, and forgets who came. */
export async function refuseNext(count: number): Promise<void> {
  await fetch(`${url}/__relay?refuse=${count}`, { method: "PUT" });
}

/** Who came since. */
export async function visits(): Promise<readonly Visit[]> {
  return (await (await fetch(`${url}/__relay`)).json()) as readonly Visit[];
}
