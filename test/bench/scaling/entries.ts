// Cache entries of all sizes, made as they come about: by request after request.
import { load } from "../gateway/load-process.ts";
import type { Server } from "../gateway/workerd.ts";
import { beyondCap, entrySizes, fillings, firstNumber, textsOfKv } from "./curves.ts";

/** KV takes a write a second and key; an isolate that has more to write waits so long. */
const betweenWritesMs = 1_500;

/** Where the texts with so large an entry begin. */
export const numberOfEntry = (x: number) => firstNumber(1_000 + entrySizes.indexOf(x));

/** Makes entries of all sizes, as requests make them. */
export async function fill(server: Server): Promise<void> {
  const steps = entrySizes.map((x) => ({ from: numberOfEntry(x), bodies: fillings(x) }));
  const most = Math.max(...steps.map(({ bodies }) => bodies.length));
  const task = { url: `${server.url}/v1/rank`, headers: {}, connections: 10, cycle: textsOfKv };
  for (let block = 0; block < most; block += 1) {
    for (const { from, bodies } of steps) {
      const body = bodies[block];
      if (body === undefined) continue;
      // oxlint-disable-next-line no-await-in-loop -- the same entries, one change after another
      const { errors } = await load({ ...task, from, body, amount: textsOfKv });
      if (errors > 0) throw new Error(`${errors} of ${textsOfKv} texts could not be filled in`);
    }
    // oxlint-disable-next-line no-await-in-loop -- as above
    await new Promise((resolve) => setTimeout(resolve, betweenWritesMs));
  }
}

/** How many of the themes that were ranked for one text its entry still knows. */
export async function knownBeyondCap(server: Server) {
  const number = String(numberOfEntry(beyondCap));
  let known = 0;
  for (const body of fillings(beyondCap).toReversed()) {
    // oxlint-disable-next-line no-await-in-loop -- an answer may change what is known
    const response = await fetch(`${server.url}/v1/rank`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: body.replace("{n}", number),
    });
    // oxlint-disable-next-line no-await-in-loop -- as above
    const { cache } = (await response.json()) as { cache: { known: number } };
    known += cache.known;
  }
  return { ranked: beyondCap, known };
}
