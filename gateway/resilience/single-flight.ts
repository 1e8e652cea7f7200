// Work that several requests of this isolate want at once, done once.
import type { Clock, SharedWork, SingleFlight } from "../core/ports.ts";
import { late, within } from "../core/within.ts";

/** Of what a follower has left, what it waits for another's work: the rest is for its own. */
const shareForWaiting = 0.75;
/** A leader that lives has answered this long after its own time was over. */
const graceMs = 50;

interface Flight<T> {
  readonly landing: Promise<T>;
  /** Epoch ms; later than this its leader is gone. */
  readonly endsMs: number;
}

/**
 * The first to ask leads, whoever asks while it works follows. On Workers a leader whose client has
 * left may never come to an end, and its promise neither, so it is kept alive by `keepAlive` and a
 * follower waits with a timer of its own: when that is up it works itself, and those still waiting
 * follow it. Only plain data is shared, no stream, signal or response.
 */
export function createSingleFlight<T>(clock: Clock): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();
  const forget = (name: string, flight: Flight<T>) => {
    if (flights.get(name) === flight) flights.delete(name);
  };

  function lead(name: string, { deadline, work, keepAlive }: SharedWork<T>): Promise<T> {
    const endsMs = clock.nowMs() + deadline.spareMs() + graceMs;
    const flight = { landing: work(), endsMs };
    flights.set(name, flight);
    const end = () => forget(name, flight);
    flight.landing.then(end, end);
    keepAlive(flight.landing);
    return flight.landing;
  }

  return {
    async share(name, request) {
      for (;;) {
        const flight = flights.get(name);
        const nowMs = clock.nowMs();
        const waitMs = Math.min(
          (flight?.endsMs ?? 0) - nowMs,
          shareForWaiting * request.deadline.spareMs(),
        );
        if (flight === undefined || waitMs <= 0) break;
        const landed = await within(clock, waitMs, flight.landing);
        if (landed === late) forget(name, flight);
        else if (request.isOfUse(landed)) return { value: landed, joined: true };
      }
      return { value: await lead(name, request), joined: false };
    },
  };
}
