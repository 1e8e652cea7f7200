// The origin's OpenAI-compatible API: one call, its errors as failures, its bodies as plain data. What
// is streamed goes through the SDK, what comes whole does not (decision 50). The SDK takes a third of
// an isolate's start, and is loaded when a stream is first asked for.
import type OpenAI from "openai";
import type { Stream } from "openai/streaming";
import { z } from "zod";
import type { UpstreamCall } from "../core/call-log.ts";
import type { Usage } from "../core/domain.ts";
import { fail, ok, type Failure, type Result } from "../core/failure.ts";
import type { Progress, Stage } from "../core/ports.ts";
import { boundedFetch, isTooLarge } from "./bounded-fetch.ts";

export interface OriginSettings {
  /** Base URL of the API, with its version: `http://host:8000/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly accessClientId: string;
  readonly accessClientSecret: string;
}

/** One candidate for the first generated token. `id` is null where the server names no ids. */
export interface TokenLogprob {
  readonly id: number | null;
  readonly token: string;
  readonly logprob: number;
}

/** A body as the server takes it. */
type OriginBody = { readonly model: string } & Record<string, unknown>;

export interface OriginApi {
  /** One generated token per prompt: `value.candidates[i]` belongs to `prompt[i]`. */
  complete(
    body: OriginBody & { readonly prompt: readonly string[] },
    stage: Stage,
  ): Promise<Result<{ candidates: readonly TokenLogprob[][]; usage: Usage }>>;
  /**
   * The text of the first choice.
   * @param progress hears it while it is written, from its beginning each time
   */
  chat(
    body: OriginBody,
    stage: Stage,
    progress?: Progress,
  ): Promise<Result<{ text: string; usage: Usage }>>;
  /** `value.scores[i]` is the relevance of `documents[i]`, as the server scales it. */
  rerank(
    body: OriginBody & { readonly documents: readonly string[] },
    stage: Stage,
  ): Promise<Result<{ scores: readonly number[]; usage: Usage }>>;
}

const usageShape = z
  .object({
    prompt_tokens: z.number().nullish(),
    completion_tokens: z.number().nullish(),
    total_tokens: z.number().nullish(),
  })
  .nullish();

/** vLLM's: a dict per position, of which one is asked for. */
interface TopLogprobs {
  readonly top_logprobs: readonly [Readonly<Record<string, number>>, ...unknown[]];
}

/** By hand: there are hundreds of numbers in an answer, and a schema takes its time with each. */
function isTopLogprobs(value: unknown): value is TopLogprobs {
  if (typeof value !== "object" || value === null || !("top_logprobs" in value)) return false;
  const first: unknown = Array.isArray(value.top_logprobs) ? value.top_logprobs[0] : null;
  if (typeof first !== "object" || first === null) return false;
  for (const token in first)
    if (typeof (first as Record<string, unknown>)[token] !== "number") return false;
  return true;
}

const logprobsShape = z.union([
  z.custom<TopLogprobs>(isTopLogprobs),
  // llama-server's: a list per position.
  z.object({
    content: z.tuple(
      [
        z.object({
          top_logprobs: z.array(
            z.object({ id: z.number().optional(), token: z.string(), logprob: z.number() }),
          ),
        }),
      ],
      z.unknown(),
    ),
  }),
]);

const completionShape = z.object({
  choices: z.array(z.object({ index: z.number(), logprobs: logprobsShape.nullish() })),
  usage: usageShape,
});

const chatShape = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: usageShape,
});

const chunkShape = z.object({
  choices: z.array(
    z.object({
      delta: z.object({ content: z.string().nullish() }).nullish(),
      finish_reason: z.string().nullish(),
    }),
  ),
  usage: usageShape,
});

const rerankShape = z.object({
  results: z.array(z.object({ index: z.number(), relevance_score: z.number() })),
  usage: usageShape,
});

/** Tells proxies on the way how long anybody waits; the name is Envoy's. */
const budgetHeader = "X-Envoy-Expected-Rq-Timeout-Ms";

const badOutput = (defect: (Failure & { reason: "origin_bad_output" })["defect"]) =>
  fail({ reason: "origin_bad_output", defect } as const);

/** A client for one origin. Never retries: another ranker is the retry. */
export function createOriginApi(settings: OriginSettings): OriginApi {
  // The SDK refuses an empty key; a server without one ignores what it is sent.
  const apiKey = settings.apiKey || "none";
  const common = {
    // A firewall before the origin may take a request without one for a robot's.
    "User-Agent": "themerank",
    ...(settings.accessClientId && {
      "CF-Access-Client-Id": settings.accessClientId,
      "CF-Access-Client-Secret": settings.accessClientSecret,
    }),
  };
  let client: OpenAI | null = null;
  const clientOf = (Sdk: typeof OpenAI) =>
    (client ??= new Sdk({
      baseURL: settings.baseUrl,
      apiKey,
      maxRetries: 0,
      // It would tell the console of a stream's event that is no JSON.
      logLevel: "off",
      fetch: boundedFetch,
      fetchOptions: { redirect: "manual" },
      defaultHeaders: common,
    }));
  const base = new URL(settings.baseUrl);
  const { search } = base;
  base.search = "";
  const root = base.href.replace(/\/+$/, "");
  const headers = {
    Accept: "application/json",
    Authorization: `Bearer ${apiKey}`,
    "Content-Type": "application/json",
    ...common,
  };

  /** What the server answers, parsed. Throws as `fetch` does, and where the body is no JSON. */
  async function ask(
    path: string,
    body: OriginBody,
    stage: Stage,
    { traceparent }: UpstreamCall,
  ): Promise<Result<unknown>> {
    const response = await boundedFetch(root + path + search, {
      method: "POST",
      // A redirect is a login page in front of the origin, never the origin.
      redirect: "manual",
      signal: stage.signal,
      headers: {
        ...headers,
        [budgetHeader]: String(Math.floor(stage.budgetMs)),
        ...(traceparent !== null && { traceparent }),
      },
      body: JSON.stringify(body),
    });
    if (response.ok) return ok(await response.json());
    // A status says all but what is wrong with a request; what else it says is not waited for.
    const message = response.status === 400 ? await response.text().catch(() => "") : "";
    stage.signal.throwIfAborted();
    response.body?.cancel().catch(() => {});
    return fail(refusal(response.status, response.headers, message));
  }

  async function post<T extends { readonly usage?: z.output<typeof usageShape> }>(
    path: string,
    body: OriginBody,
    shape: z.ZodType<T>,
    stage: Stage,
  ): Promise<Result<T>> {
    const to = { source: "origin", model: body.model, paid: false } as const;
    return stage.call(to, async (call) => {
      let answer: Result<unknown>;
      try {
        answer = await ask(path, body, stage, call);
      } catch (error) {
        return fail(originFailure(error, stage));
      }
      if (!answer.ok) return answer;
      const parsed = shape.safeParse(answer.value);
      if (!parsed.success) return badOutput("wrong_shape");
      call.usage = toUsage(parsed.data.usage);
      return ok(parsed.data);
    });
  }

  /** A streamed chat, joined: as if it had come whole. A stream that ends early is `truncated`. */
  async function streamChat(
    body: OriginBody,
    stage: Stage,
    progress: Progress,
  ): Promise<Result<z.output<typeof chatShape>>> {
    const to = { source: "origin", model: body.model, paid: false } as const;
    return stage.call(to, async (call) => {
      const { default: Sdk } = await import("openai");
      let content = "";
      let finish_reason: string | null = null;
      let usage: z.output<typeof usageShape>;
      try {
        const events = await clientOf(Sdk).post<Stream<unknown>>("/chat/completions", {
          body: { ...body, stream: true, stream_options: { include_usage: true } },
          signal: stage.signal,
          headers: { [budgetHeader]: String(Math.floor(stage.budgetMs)) },
          stream: true,
        });
        for await (const event of events) {
          const chunk = chunkShape.safeParse(event);
          if (!chunk.success) return badOutput("wrong_shape");
          usage = chunk.data.usage ?? usage;
          call.usage = toUsage(usage);
          // The event that tells the usage has no choice.
          const choice = chunk.data.choices[0];
          finish_reason = choice?.finish_reason ?? finish_reason;
          const more = choice?.delta?.content ?? "";
          content += more;
          if (more !== "") progress(content);
        }
      } catch (error) {
        return fail(originFailure(error, stage, Sdk.APIError));
      }
      // The SDK ends a stream that was aborted as if it were over.
      if (stage.signal.aborted) return fail({ reason: "origin_timeout", limit: stage.limit });
      if (finish_reason === null && content !== "") return badOutput("truncated");
      return ok({ choices: [{ message: { content }, finish_reason }], usage });
    });
  }

  return {
    async complete(body, stage) {
      const answer = await post("/completions", body, completionShape, stage);
      if (!answer.ok) return answer;
      const { choices, usage } = answer.value;
      if (choices.length !== body.prompt.length) return badOutput("wrong_count");
      const candidates = Array.from<TokenLogprob[]>({ length: choices.length });
      for (const { index, logprobs } of choices) {
        if (!(index in candidates) || candidates[index] !== undefined)
          return badOutput("wrong_order");
        if (!logprobs) return badOutput("no_logprobs");
        candidates[index] = tokenLogprobs(logprobs);
      }
      return ok({ candidates, usage: toUsage(usage) });
    },

    async chat(body, stage, progress) {
      const answer = progress
        ? await streamChat(body, stage, progress)
        : await post("/chat/completions", body, chatShape, stage);
      if (!answer.ok) return answer;
      const choice = answer.value.choices[0];
      if (choice?.finish_reason === "length") return badOutput("truncated");
      const text = choice?.message.content?.trim() ?? "";
      if (text === "") return badOutput("empty");
      return ok({ text, usage: toUsage(answer.value.usage) });
    },

    async rerank(body, stage) {
      const answer = await post("/rerank", body, rerankShape, stage);
      if (!answer.ok) return answer;
      const { results, usage } = answer.value;
      if (results.length !== body.documents.length) return badOutput("wrong_count");
      const scores = Array.from<number>({ length: results.length });
      for (const { index, relevance_score: score } of results) {
        if (!(index in scores) || scores[index] !== undefined) return badOutput("wrong_order");
        scores[index] = score;
      }
      return ok({ scores, usage: toUsage(usage) });
    },
  };
}

/** How vLLM names a token that it was asked to name by its id. */
const idPrefix = "token_id:";

function tokenLogprobs(logprobs: z.output<typeof logprobsShape>): TokenLogprob[] {
  // The schema has left llama-server's name alone only where vLLM's held nothing.
  if ("top_logprobs" in logprobs) {
    const [top] = logprobs.top_logprobs;
    const candidates: TokenLogprob[] = [];
    for (const token in top) {
      const logprob = top[token];
      if (logprob !== undefined) candidates.push({ id: idOf(token), token, logprob });
    }
    return candidates;
  }
  return logprobs.content[0].top_logprobs.map(({ id, token, logprob }) => ({
    id: id ?? null,
    token,
    logprob,
  }));
}

function idOf(token: string): number | null {
  const digits = token.startsWith(idPrefix) ? token.slice(idPrefix.length) : "";
  const id = digits === "" ? Number.NaN : Number(digits);
  return Number.isInteger(id) ? id : null;
}

function toUsage(usage: z.output<typeof usageShape>): Usage {
  return {
    promptTokens: usage?.prompt_tokens ?? usage?.total_tokens ?? null,
    completionTokens: usage?.completion_tokens ?? null,
    costUsd: null,
  };
}

/** @param ApiError the SDK's own error, where it was asked */
function originFailure(error: unknown, stage: Stage, ApiError?: typeof OpenAI.APIError): Failure {
  if (stage.signal.aborted) return { reason: "origin_timeout", limit: stage.limit };
  if (isTooLarge(error)) return { reason: "origin_bad_output", defect: "too_large" };
  // Of a whole body; a cut one is a lost connection.
  if (error instanceof SyntaxError) return { reason: "origin_bad_output", defect: "not_json" };
  if (ApiError === undefined || !(error instanceof ApiError))
    return { reason: "origin_unreachable" };
  // An error in place of a stream's next event; vLLM says no more of it than a code.
  if (error.status === undefined && error.error !== undefined)
    return { reason: "origin_error", status: 500 };
  const status: unknown = error.status;
  if (typeof status !== "number") return { reason: "origin_unreachable" };
  return refusal(status, error.headers, error.message);
}

/** What a status other than 2xx means. */
function refusal(status: number, headers: Headers | undefined, message: string): Failure {
  if (status === 401 || status === 403 || (status >= 300 && status < 400))
    return { reason: "origin_auth", status };
  if (status === 404) return { reason: "origin_model" };
  if (status === 429 || status === 503) {
    const seconds = Number.parseInt(headers?.get("retry-after") ?? "", 10);
    return {
      reason: "origin_overloaded",
      status,
      retryAfterSeconds: Number.isNaN(seconds) ? null : seconds,
    };
  }
  if (status === 400 && /context length|context size|max_model_len/i.test(message))
    return { reason: "origin_context" };
  if (status < 500) return { reason: "origin_rejected", status };
  return { reason: "origin_error", status };
}
