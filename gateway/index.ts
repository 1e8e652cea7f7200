// The Worker's entry: wires configuration, adapters and routes, once per isolate.
import { waitUntil } from "cloudflare:workers";
import { version } from "../package.json";
import { CacheKeys } from "./cache/key.ts";
import { createKvCache } from "./cache/kv.ts";
import { SummaryCache } from "./cache/summary-cache.ts";
import { ThemeCache } from "./cache/theme-cache.ts";
import { noUsableRanker, parseConfig, usableRankers, type Config } from "./config.ts";
import type { RankerSource, SummarizerSource } from "./core/domain.ts";
import { fail, ok } from "./core/failure.ts";
import type { Clock, Ranker, Summarizer } from "./core/ports.ts";
import { createApp } from "./edge/app.ts";
import { createGeminiApi, type GeminiApi } from "./models/gemini.ts";
import { createOriginApi } from "./models/openai.ts";
import type { Access } from "./edge/guard.ts";
import type { Pipeline } from "./pipeline.ts";
import { createGeminiRanker } from "./rank/gemini-ranker.ts";
import { createLexicalRanker } from "./rank/lexical-ranker.ts";
import { createChatRanker } from "./rank/origin-chat.ts";
import { createCompletionsRanker } from "./rank/origin-completions.ts";
import { createRerankRanker } from "./rank/origin-rerank.ts";
import { createReplicatedRanker, probeBy } from "./rank/replicated-ranker.ts";
import { createColoBoard, createWorldBoard, noBoard } from "./resilience/noticeboard.ts";
import { HostedHealth } from "./resilience/hosted-health.ts";
import { OriginHealth } from "./resilience/origin-health.ts";
import { hash32 } from "./resilience/rendezvous.ts";
import { createSingleFlight } from "./resilience/single-flight.ts";
import { evidence } from "./summarize/evidence.ts";
import { createExtractiveSummarizer } from "./summarize/extractive-summarizer.ts";
import { createGeminiSummarizer } from "./summarize/gemini-summarizer.ts";
import { createOriginSummarizer } from "./summarize/origin-summarizer.ts";
import { createReplicatedSummarizer } from "./summarize/replicated-summarizer.ts";
import { reportAccessFault, reportAlarm, reportBudgetFault } from "./telemetry.ts";
import { toDataPoint } from "./telemetry/data-point.ts";
import type { RequestRecord } from "./telemetry/request-record.ts";
import { Accounts } from "./tenancy/account.ts";
import { Catalogs } from "./tenancy/catalogs.ts";
import { Keys } from "./tenancy/keys.ts";
import { callLimits } from "./tenancy/ledger.ts";

export { Budget } from "./tenancy/budget.ts";

const clock: Clock = {
  nowMs: () => Date.now(),
  timeoutSignal: (delayMs) => AbortSignal.timeout(delayMs),
  timer(delayMs, ring) {
    const timer = setTimeout(ring, delayMs);
    return () => clearTimeout(timer);
  },
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

  /** Each minute: looks after the origin for those isolates that have not asked it yet. */
  async scheduled(_, env) {
    const config = parseConfig(env);
    if (config.ok) await createOrigin(config.value, env)?.health.watch();
  },
} satisfies ExportedHandler<Env>;

function createAppFor(env: Env): App {
  const config = parseConfig(env);
  const sink = createSink(env);
  if (!config.ok) return createApp(config, clock, version, sink);
  if (usableRankers(config.value).length === 0) {
    return createApp(fail([noUsableRanker]), clock, version, sink);
  }
  const origin = createOrigin(config.value, env);
  const accounts = createAccounts(config.value, env);
  const gemini = createGemini(config.value);
  const pipeline = createPipeline(config.value, env, origin, gemini && gemini.api, accounts);
  const access = createAccess(config.value, env);
  const circuits = () => ({
    ...(origin && { origin: origin.health.view() }),
    ...(gemini && { gemini: gemini.health.view }),
  });
  const catalogs = new Catalogs(env.STATE, clock, reportAccessFault);
  // Not bound in tools that run the Worker without it.
  const deployed: WorkerVersionMetadata | undefined = env.VERSION;
  const deployment = deployed?.id ?? null;
  const told = { circuits, deployment };
  const service = { config: config.value, pipeline, access, accounts, catalogs, ...told };
  return createApp(ok(service), clock, version, sink);
}

function createAccess({ AUTH_MODE, EGRESS, CACHE_PEPPER }: Config, env: Env): Access {
  const report = reportAccessFault;
  const keys = new Keys(env.STATE, clock, report);
  const names = new CacheKeys(CACHE_PEPPER || "unused");
  return {
    mode: AUTH_MODE,
    egress: EGRESS,
    keys,
    rateLimiter: env.RATE_LIMITER,
    pseudonym: (tenant) => names.pseudonym(tenant),
    report,
  };
}

/** Rows of Analytics Engine; none where it is not bound. It never fails a request. */
function createSink({ EVENTS }: { readonly EVENTS?: AnalyticsEngineDataset }) {
  return (record: RequestRecord): void => {
    try {
      EVENTS?.writeDataPoint(toDataPoint(record));
    } catch {
      // The same stands on the console.
    }
  };
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

interface Origin {
  readonly health: OriginHealth;
  readonly ranker: Ranker;
  readonly summarizer: Summarizer;
}

/** The servers behind ORIGIN_BASE_URL as one; null when there is none. */
function createOrigin(config: Config, env: Env): Origin | null {
  const apis = config.ORIGIN_BASE_URL.map((baseUrl) =>
    createOriginApi({
      baseUrl,
      apiKey: config.ORIGIN_API_KEY,
      accessClientId: config.ORIGIN_ACCESS_CLIENT_ID,
      accessClientSecret: config.ORIGIN_ACCESS_CLIENT_SECRET,
    }),
  );
  const served = {
    model: config.ORIGIN_MODEL,
    modelVersion: config.ORIGIN_MODEL_VERSION || config.ORIGIN_MODEL,
  };
  const settings = { ...served, timeoutMs: config.ORIGIN_TIMEOUT_MS };
  const [ranker, ...moreRankers] = apis.map((api) => {
    if (config.ORIGIN_DIALECT === "rerank") return createRerankRanker(api, settings);
    if (config.ORIGIN_DIALECT === "chat") return createChatRanker(api, settings);
    return createCompletionsRanker(api, {
      ...settings,
      format: config.ORIGIN_PROMPT_FORMAT,
      layout: config.ORIGIN_PROMPT_LAYOUT,
      ratingTokens: config.ORIGIN_RATING_TOKENS,
    });
  });
  const [summarizer, ...moreSummarizers] = apis.map((api) =>
    createOriginSummarizer(api, {
      ...served,
      timeoutMs: config.SUMMARY_TIMEOUT_MS,
      salted: config.ORIGIN_DIALECT === "completions",
    }),
  );
  if (ranker === undefined || summarizer === undefined) return null;
  const replicas = [ranker, ...moreRankers].map((each, index) => ({
    // Health is that of a server and what it serves.
    id: hash32(`${config.ORIGIN_BASE_URL[index]} ${config.ORIGIN_MODEL}`).toString(16),
    probe: probeBy(each),
  }));
  // Not bound in tools that run the Worker with the cache alone.
  const state: KVNamespace | undefined = env.STATE;
  const health = new OriginHealth(replicas, clock, {
    mode: config.BREAKER,
    probeTimeoutMs: config.ORIGIN_TIMEOUT_MS,
    colo: createColoBoard(caches.default, clock),
    world: state === undefined ? noBoard : createWorldBoard(state, clock),
    defer: waitUntil,
    alarm: reportAlarm,
    chance: () => Math.random(),
  });
  return {
    health,
    ranker: createReplicatedRanker([ranker, ...moreRankers], health),
    summarizer: createReplicatedSummarizer([summarizer, ...moreSummarizers], health),
  };
}

interface Gemini {
  readonly health: HostedHealth;
  readonly api: GeminiApi;
}

/** Google, asked only while that is not known to be in vain; null without a key. */
function createGemini(config: Config): Gemini | null {
  if (config.GEMINI_API_KEY === "") return null;
  const health = new HostedHealth(clock, config.BREAKER, () => Math.random());
  const api = createGeminiApi({
    apiKey: config.GEMINI_API_KEY,
    baseUrl: config.GEMINI_BASE_URL,
    models: config.GEMINI_MODELS,
    alarm: reportAlarm,
  });
  const generate: GeminiApi["generate"] = (request, stage, progress) =>
    health.ask(stage, () => api.generate(request, stage, progress));
  return { health, api: { generate } };
}

function createPipeline(
  config: Config,
  env: Env,
  origin: Origin | null,
  gemini: GeminiApi | null,
  allowance: Accounts | null,
): Pipeline {
  const ranker = (source: RankerSource): Ranker | null => {
    switch (source) {
      case "origin":
        return origin && origin.ranker;
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
        return origin && origin.summarizer;
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
    evidence,
    clock,
    allowance,
  };
}
