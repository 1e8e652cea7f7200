// Bindings and variables -> Config: parsed once per isolate, with every complaint naming its setting.
import { z } from "zod";
import { breakerModes } from "./core/circuit.ts";
import { egressLevels, rankerSources, summarizerSources } from "./core/domain.ts";
import { fail, ok, type Result } from "./core/failure.ts";
import { originDialects, promptFormats, promptLayouts } from "./core/origin.ts";

/** The longest budget a caller may ask for; no stage cap may exceed it. */
export const maxRequestMs = 30_000;

const list = (text: string) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

/** A comma-separated, non-empty list of distinct names out of `names`. */
const order = <const T extends readonly [string, ...string[]]>(names: T, fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform(list)
    .pipe(
      z
        .array(z.enum(names, `must be a comma-separated list of ${names.join(", ")}`))
        .min(1, "must name at least one")
        .refine((items) => new Set(items).size === items.length, "must not name one twice"),
    );

const cap = (fallbackMs: number) =>
  z
    .string()
    .default(String(fallbackMs))
    .transform(Number)
    .pipe(
      z
        .number("must be a number of milliseconds")
        .int("must be a whole number of milliseconds")
        .min(1, "must be at least 1 ms")
        .max(maxRequestMs, `must not exceed the longest request, ${maxRequestMs} ms`),
    );

/** A number of calls, or `none` for no limit; "" leaves it to the mode of authentication. */
const calls = z
  .string()
  .default("")
  .transform((text) => (text === "" || text === "none" ? text : Number(text)))
  .pipe(
    z.union(
      [z.enum(["", "none"]), z.int().min(0)],
      "must be a whole number of calls, 0 or more, or none",
    ),
  );

const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

const webOrigin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
  error: "must list origins such as https://app.example, without a path",
});

const ratingTokens = z
  .string()
  .default("")
  .transform((text, context) => {
    if (text.trim() === "") return null;
    const parsed = z
      .record(z.string().regex(/^(?:0|[1-9]\d*)$/), z.number())
      .safeParse(parseJson(text));
    if (parsed.success && Object.keys(parsed.data).length >= 2) {
      const values = Object.values(parsed.data);
      if (Math.min(...values) === 0 && Math.max(...values) > 0) {
        return new Map(Object.entries(parsed.data).map(([id, value]) => [Number(id), value]));
      }
    }
    context.addIssue({
      code: "custom",
      message: "must be a JSON map of at least two token ids to values, the lowest value being 0",
    });
    return z.NEVER;
  });

/**
 * Google's list prices of the paid tier, US dollars per million tokens, as of 2026-11-22
 * (https://ai.google.dev/gemini-api/docs/pricing). gemini-3.8-flash doubles on 2027-01-01.
 */
const shippedPrices = JSON.stringify({
  "gemini-3.5-flash-lite": { input: 0.3, output: 2.5 },
  "gemini-3.1-flash-lite": { input: 0.25, output: 1.5 },
  "gemini-3.8-flash": { input: 0.75, output: 3.75 },
});

const amount = z.number().min(0);
const priceTable = z.record(z.string(), z.strictObject({ input: amount, output: amount }));
const prices = z
  .string()
  .default(shippedPrices)
  .transform((text, context) => {
    const table = priceTable.safeParse(text.trim() === "" ? {} : parseJson(text));
    if (table.success) return new Map(Object.entries(table.data));
    context.addIssue({
      code: "custom",
      message: 'must be a JSON map of models to {"input", "output"}, US dollars per million tokens',
    });
    return z.NEVER;
  });

/** "" = not known. */
const hourlyUsd = z
  .string()
  .default("")
  .transform((text) => (text.trim() === "" ? null : Number(text)))
  .pipe(z.union([z.null(), amount], "must be US dollars, 0 or more"));

const variables = z
  .object({
    RANKERS: order(rankerSources, "origin,gemini,lexical"),
    SUMMARIZERS: order(summarizerSources, "gemini,origin,extractive"),
    ORIGIN_BASE_URL: z.string().default("").transform(list).pipe(z.array(httpUrl)),
    ORIGIN_MODEL: z.string().min(1).default("theme-ranker"),
    ORIGIN_MODEL_VERSION: z.string().default(""),
    ORIGIN_DIALECT: z
      .enum(originDialects, `must be one of ${originDialects.join(", ")}`)
      .default("completions"),
    ORIGIN_PROMPT_FORMAT: z
      .enum(promptFormats, `must be one of ${promptFormats.join(", ")}`)
      .default("llama-3"),
    ORIGIN_PROMPT_LAYOUT: z
      .enum(promptLayouts, `must be one of ${promptLayouts.join(", ")}`)
      .default("text-first"),
    ORIGIN_RATING_TOKENS: ratingTokens,
    ORIGIN_TIMEOUT_MS: cap(2_500),
    GEMINI_TIMEOUT_MS: cap(6_000),
    SUMMARY_TIMEOUT_MS: cap(8_000),
    KV_TIMEOUT_MS: cap(250),
    BREAKER: z.enum(breakerModes, "must be auto, open or closed").default("auto"),
    EGRESS: z.enum(egressLevels, "must be any, summary or none").default("any"),
    GEMINI_BASE_URL: z.union([z.literal(""), httpUrl]).default(""),
    GEMINI_MODELS: z
      .string()
      .default("gemini-3.5-flash-lite,gemini-3.1-flash-lite")
      .transform(list)
      .pipe(z.array(z.string()).min(1, "must name at least one model")),
    GEMINI_DAILY_CALLS: calls,
    GEMINI_MINUTE_CALLS: calls,
    GEMINI_BUDGET_POLICY: z.enum(["allow", "refuse"], "must be allow or refuse").default("allow"),
    BUDGET_TIMEOUT_MS: cap(500),
    PRICES: prices,
    ORIGIN_HOURLY_USD: hourlyUsd,
    AUTH_MODE: z.enum(["required", "open"], "must be required or open").default("required"),
    CORS_ORIGINS: z.string().default("").transform(list).pipe(z.array(webOrigin)),
    GEMINI_API_KEY: z.string().default(""),
    ORIGIN_API_KEY: z.string().default(""),
    ORIGIN_ACCESS_CLIENT_ID: z.string().default(""),
    ORIGIN_ACCESS_CLIENT_SECRET: z.string().default(""),
    CACHE_PEPPER: z.string().default(""),
  })
  .refine((v) => (v.ORIGIN_ACCESS_CLIENT_ID === "") === (v.ORIGIN_ACCESS_CLIENT_SECRET === ""), {
    path: ["ORIGIN_ACCESS_CLIENT_SECRET"],
    when: () => true,
    error: "must be set together with the client id",
  });

/** Every configuration name, for tools that pass settings on. */
export const configNames: readonly string[] = Object.keys(variables.def.shape);

export type Config = Readonly<z.output<typeof variables>>;

/** A setting that cannot be used. Names the setting, never its value. */
export interface ConfigComplaint {
  readonly name: string;
  readonly detail: string;
}

/** Reads the Worker's environment; bindings and unknown names are left alone. */
export function parseConfig(env: unknown): Result<Config, readonly ConfigComplaint[]> {
  const parsed = variables.safeParse(env);
  if (parsed.success) return ok(parsed.data);
  return fail(
    parsed.error.issues.map(({ path, message }) => ({ name: String(path[0]), detail: message })),
  );
}

/** The rankers of RANKERS whose own settings are there, in order; without one nothing is served. */
export function usableRankers({ RANKERS, ORIGIN_BASE_URL, GEMINI_API_KEY }: Config) {
  const usable = {
    origin: ORIGIN_BASE_URL.length > 0,
    gemini: GEMINI_API_KEY !== "",
    lexical: true,
  };
  return RANKERS.filter((source) => usable[source]);
}

export const noUsableRanker: ConfigComplaint = {
  name: "RANKERS",
  detail: "names no ranker whose own settings are there",
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
