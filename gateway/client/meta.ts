// What an answer's headers tell of the exchange.
import type { Meta, Timing } from "./outcome.ts";

export function metaOf(response: Response | null, retries: number, durationMs: number): Meta {
  const header = (name: string) => response?.headers.get(name) ?? null;
  return {
    requestId: header("x-request-id"),
    status: response?.status ?? null,
    cacheStatus: header("cache-status"),
    serverTiming: serverTiming(header("server-timing") ?? ""),
    retries,
    durationMs: Math.round(durationMs),
  };
}

/** Server-Timing (W3C) as this service writes it: no commas inside descriptions. */
export function serverTiming(header: string): readonly Timing[] {
  return header
    .split(",")
    .map((metric) => metric.split(";").map((part) => part.trim()))
    .flatMap(([name = "", ...parameters]) => {
      if (name === "") return [];
      const value = (key: string) =>
        parameters.find((each) => each.startsWith(`${key}=`))?.slice(key.length + 1);
      const duration = Number(value("dur") ?? Number.NaN);
      const description = value("desc")?.replaceAll('"', "") ?? null;
      return [{ name, durationMs: Number.isFinite(duration) ? duration : null, description }];
    });
}
