// What the tests know of the gateway: where it is, its key, what is asked, and who came to it.
import { inject } from "vitest";
import { retryAfterSeconds, type Visit } from "./relay.ts";

export const url = inject("relay");
export const key = inject("key");

/** What a refused client is asked to wait; half a clock's tick may be missing. */
export const askedToWaitMs = retryAfterSeconds * 1_000 - 10;

export const query = "The rent is late again and the debt keeps me awake at night.";
/** The second of them is what the query is about. */
export const documents = ["Travel: journeys and trains", "Money: debt, rent and bills", "Garden"];

/** Lets the next requests be refused with 429 and Retry-After, and forgets who came. */
export async function refuseNext(count: number): Promise<void> {
  await fetch(`${url}/__relay?refuse=${count}`, { method: "PUT" });
}

/** Who came since. */
export async function visits(): Promise<readonly Visit[]> {
  return (await (await fetch(`${url}/__relay`)).json()) as readonly Visit[];
}
