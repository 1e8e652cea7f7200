// The Worker's entry: wires configuration, adapters and routes, once per isolate.
import { version } from "../package.json";
import { CacheKeys } from "./cache/key.ts";
import { createKvCache } from "./cache/kv.ts";
import { SummaryCache } from "./cache/summary-cache.ts";
import { ThemeCache } from "./cache/theme-cache.ts";
import { parseConfig, type Config } from "./config.ts";
import type { RankerSource, SummarizerSource } from "./core/domain.ts";
import { fail, ok } from "./core/failure.ts";
import type { Clock, Ranker, Summarizer } from "./core/ports.ts";
import { createApp } from "./edge/app.ts";
import { createGeminiApi } from "./models/gemini.ts";
import { createOriginApi } from "./models/openai.ts";
import type { Access } from "./edge/guard.ts";
import type { Pipeline } from "./pipeline.ts";
import { createGeminiRanker } from "./rank/gemini-ranker.ts";
import { createLexicalRanker } from "./rank/lexical-ranker.ts";
import { createChatRanker } from "./rank/origin-chat.ts";
import { createCompletionsRanker } from "./rank/origin-completions.ts";
import { createRerankRanker } from "./rank/origin-rerank.ts";
import { createSingleFlight } from "./resilience/single-flight.ts";
import { evidence } from "./summarize/evidence.ts";
import { createExtractiveSummarizer } from "./summarize/extractive-summarizer.ts";
import { createGeminiSummarizer } from "./summarize/gemini-summarizer.ts";
import { createOriginSummarizer } from "./summarize/origin-summarizer.ts";
import { reportAccessFault, reportBudgetFault } from "./telemetry.ts";
import { Accounts } from "./tenancy/account.ts";
import { Keys } from "./tenancy/keys.ts";
import { callLimits } from "./tenancy/ledger.ts";

export { Budget } from "./tenancy/budget.ts";

const clock: Clock = {
  nowMs: () => Date.now(),
  timeoutSignal: (delayMs) => AbortSignal.timeout(delayMs),
};

type App = ReturnType<typeof createApp>;

const apps = new WeakMap<Env, App>();

export default {
  fetch(request, env, context) {
    let app = apps.get(env);
    if (app === undefined) {
      app = createAppFor(env);
      apps.set(env, app);
    }
    return app.fetch(request, env, context);
  },
} satisfies ExportedHandler<Env>;

function createAppFor(env: Env): App {
  const config = parseConfig(env);
  if (!config.ok) return createApp(config, clock, version);
  const accounts = createAccounts(config.value, env);
  const pipeline = createPipeline(config.value, env, accounts);
  if (pipeline.rankers.length === 0) {
    const complaint = { name: "RANKERS", detail: "names no ranker whose own settings are there" };
    return createApp(fail([complaint]), clock, version);
  }
  const access = createAccess(config.value, env);
  return createApp(ok({ config: config.value, pipeline, access, accounts }), clock, version);
}

function createAccess({ AUTH_MODE, EGRESS }: Config, env: Env): Access {
  const report = reportAccessFault;
  const keys = new Keys(env.STATE, clock, report);
  return { mode: AUTH_MODE, egress: EGRESS, keys, rateLimiter: env.RATE_LIMITER, report };
}

/** null where no BUDGET is bound: nobody counts then. */
function createAccounts(config: Config, env: Env): Accounts | null {
  const namespace: Env["BUDGET"] | undefined = env.BUDGET;
  if (namespace === undefined) return null;
  const settings = {
    limits: callLimits(config),
    policy: config.GEMINI_BUDGET_POLICY,
    timeoutMs: config.BUDGET_TIMEOUT_MS,
  };
  return new Accounts((tenant) => namespace.getByName(tenant), clock, settings, reportBudgetFault);
}

function createPipeline(config: Config, env: Env, allowance: Accounts | null): Pipeline {
  const [originUrl] = config.ORIGIN_BASE_URL;
  const origin =
    originUrl === undefined
      ? null
      : createOriginApi({
          baseUrl: originUrl,
          apiKey: config.ORIGIN_API_KEY,
          accessClientId: config.ORIGIN_ACCESS_CLIENT_ID,
          accessClientSecret: config.ORIGIN_ACCESS_CLIENT_SECRET,
        });
  const gemini =
    config.GEMINI_API_KEY === ""
      ? null
      : createGeminiApi({
          apiKey: config.GEMINI_API_KEY,
          baseUrl: config.GEMINI_BASE_URL,
          models: config.GEMINI_MODELS,
        });
  const served = {
    model: config.ORIGIN_MODEL,
    modelVersion: config.ORIGIN_MODEL_VERSION || config.ORIGIN_MODEL,
  };

  const ranker = (source: RankerSource): Ranker | null => {
    switch (source) {
      case "origin": {
        if (origin === null) return null;
        const settings = { ...served, timeoutMs: config.ORIGIN_TIMEOUT_MS };
        if (config.ORIGIN_DIALECT === "rerank") return createRerankRanker(origin, settings);
        if (config.ORIGIN_DIALECT === "chat") return createChatRanker(origin, settings);
        return createCompletionsRanker(origin, {
          ...settings,
          format: config.ORIGIN_PROMPT_FORMAT,
          layout: config.ORIGIN_PROMPT_LAYOUT,
          ratingTokens: config.ORIGIN_RATING_TOKENS,
        });
      }
      case "gemini":
        return (
          gemini &&
          createGeminiRanker(gemini, {
            models: config.GEMINI_MODELS,
            timeoutMs: config.GEMINI_TIMEOUT_MS,
          })
        );
      case "lexical":
        return createLexicalRanker();
    }
  };

  const summarizer = (source: SummarizerSource): Summarizer | null => {
    const timeoutMs = config.SUMMARY_TIMEOUT_MS;
    switch (source) {
      case "gemini":
        return (
          gemini && createGeminiSummarizer(gemini, { models: config.GEMINI_MODELS, timeoutMs })
        );
      case "origin":
        // A rerank server scores; it does not write.
        if (config.ORIGIN_DIALECT === "rerank") return null;
        return (
          origin &&
          createOriginSummarizer(origin, {
            ...served,
            timeoutMs,
            salted: config.ORIGIN_DIALECT === "completions",
          })
        );
      case "extractive":
        return createExtractiveSummarizer();
    }
  };

  // Without a pepper a key could be tested against guessed texts: nothing is kept then.
  const kv =
    config.CACHE_PEPPER === "" ? null : createKvCache(env.CACHE, clock, config.KV_TIMEOUT_MS);
  const keys = new CacheKeys(config.CACHE_PEPPER || "unused");
  return {
    rankers: config.RANKERS.map(ranker).filter((each) => each !== null),
    summarizers: config.SUMMARIZERS.map(summarizer).filter((each) => each !== null),
    themeCache: new ThemeCache(kv, keys, clock, createSingleFlight(clock)),
    summaryCache: new SummaryCache(kv, keys, clock, createSingleFlight(clock)),
    gate: () => null,
    evidence,
    clock,
    allowance,
  };
}
