// What isolates tell each other of the origin: within a data centre, and worldwide.
import type { Reason } from "../core/failure.ts";
import type { Clock } from "../core/ports.ts";
import { late, within } from "../core/within.ts";
import type { CircuitNews } from "./circuit-breaker.ts";

/** Best effort: news may be lost, late, or of somebody who knew less. */
export interface Noticeboard {
  /** null = nothing there, or nothing that can be read within `budgetMs`. */
  read(id: string, budgetMs: number): Promise<CircuitNews | null>;
  post(id: string, news: CircuitNews): Promise<void>;
  /** Whether this isolate is the one that may probe for the next seconds. */
  claim(id: string): Promise<boolean>;
}

/** One prober at a time in a data centre. */
const claimMs = 5_000;
/** As long as any news is of use; it judges itself by its times. */
const postSeconds = 600;
/**
 * The cron looks once a minute, KV takes a minute to be seen everywhere and 30 s more are cached:
 * news of it is believed for so long.
 */
export const worldTrustMs = 150_000;
const minCacheTtlSeconds = 30;
/** Cleans up after a cron that is gone. */
const worldKeepSeconds = 600;

/** The key in STATE. */
export const stateKey = (id: string) => `health:origin:${id}`;

/** Never asked for over the network: a name for the Cache API. */
const address = (id: string, what: string) => `https://origin-health.internal/${id}/${what}`;

/** The Cache API: one board per data centre, a board that forgets at once where there is none. */
export function createColoBoard(cache: Cache, clock: Clock): Noticeboard {
  const put = (url: string, body: unknown, seconds: number) =>
    cache.put(url, Response.json(body, { headers: { "Cache-Control": `max-age=${seconds}` } }));
  return {
    read: (id, budgetMs) =>
      readWithin(clock, budgetMs, async () => {
        const kept = await cache.match(address(id, "news"));
        return kept === undefined ? null : readNews(await kept.json());
      }),
    async post(id, news) {
      try {
        await put(address(id, "news"), news, postSeconds);
      } catch {
        // The others will find out by themselves.
      }
    },
    async claim(id) {
      try {
        const url = address(id, "claim");
        const claim = await (await cache.match(url))?.json();
        // By our own clock, as all news: the cache's only cleans up.
        if (isNumber(claim) && claim > clock.nowMs()) return false;
        await put(url, clock.nowMs() + claimMs, postSeconds);
      } catch {
        // Without a cache every isolate probes for itself.
      }
      return true;
    },
  };
}

/** Workers KV: written by the cron handler alone. Only ever says that the origin is down. */
export function createWorldBoard(state: KVNamespace, clock: Clock): Noticeboard {
  return {
    async read(id, budgetMs) {
      const news = await readWithin(clock, budgetMs, async () =>
        readNews(await state.get(stateKey(id), { type: "json", cacheTtl: minCacheTtlSeconds })),
      );
      return news && fromAfar(news, clock.nowMs());
    },
    async post(id, news) {
      await state.put(stateKey(id), JSON.stringify(news), { expirationTtl: worldKeepSeconds });
    },
    claim: () => Promise.resolve(true),
  };
}

/**
 * What the cron's news is worth here: that the origin was down where the cron runs. It spares users
 * the finding out, and is worth a probe at once.
 */
export function fromAfar(news: CircuitNews, nowMs: number): CircuitNews | null {
  const isBelieved = news.state === "open" && nowMs - news.atMs < worldTrustMs;
  return isBelieved ? { ...news, untilMs: nowMs } : null;
}

/** Tells and knows nothing: where STATE is not bound. */
export const noBoard: Noticeboard = {
  read: () => Promise.resolve(null),
  post: () => Promise.resolve(),
  claim: () => Promise.resolve(true),
};

const reasons: ReadonlySet<string> = new Set<Reason>([
  "origin_unreachable",
  "origin_timeout",
  "origin_error",
  "origin_overloaded",
  "origin_auth",
  "origin_model",
  "origin_bad_output",
]);

/** News as somebody else wrote it; null when it is something else. */
export function readNews(value: unknown): CircuitNews | null {
  if (typeof value !== "object" || value === null) return null;
  const news: Partial<Record<keyof CircuitNews, unknown>> = value;
  const { state, atMs, untilMs, openings, reason } = news;
  if (state !== "open" && state !== "returned") return null;
  if (!isNumber(atMs) || !isNumber(untilMs) || !isNumber(openings)) return null;
  if (typeof reason !== "string" || !reasons.has(reason)) return null;
  const known = Math.min(10, Math.max(1, Math.round(openings)));
  return { state, atMs, untilMs, openings: known, reason: reason as Reason };
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);

async function readWithin(
  clock: Clock,
  budgetMs: number,
  read: () => Promise<CircuitNews | null>,
): Promise<CircuitNews | null> {
  if (budgetMs <= 0) return null;
  try {
    const news = await within(clock, budgetMs, read());
    return news === late ? null : news;
  } catch {
    return null;
  }
}
