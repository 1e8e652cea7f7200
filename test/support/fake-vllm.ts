// A GPU origin without a GPU: vLLM's (or llama-server's) wire shapes over the word-overlap judgement.
import unauthorized from "../fixtures/vllm-error-auth.json" with { type: "json" };
import { completionChoice } from "./completion-choice.ts";
import { FakeServer } from "./fake-server.ts";
import type { RecordedRequest } from "./fake-server.ts";
import { isAnswer, jsonAnswer } from "./fault.ts";
import type { Answer } from "./fault.ts";
import {
  expectedScore,
  readRatingPrompt,
  summaryOf,
  textBeside,
  textOf,
  themeOfKey,
} from "./overlap.ts";
import { llamaDigits } from "./rating-tokens.ts";
import type { VocabularyToken } from "./rating-tokens.ts";
import {
  cachedTokens,
  chatStream,
  contextError,
  created,
  errorAnswer,
  modelList,
  tokensOf,
  usage,
} from "./vllm-answers.ts";

export interface FakeVllmOptions {
  /** Asked for as `Authorization: Bearer`; none = open. */
  readonly apiKey?: string;
  /** The served name, default `theme-ranker`. */
  readonly model?: string;
  /** Whose logprobs: vLLM's dict or llama-server's list. Default `vllm`. */
  readonly shape?: "vllm" | "llama-server";
  /** Context in tokens, four characters each; default 8192. */
  readonly maxModelLen?: number;
  /** VLLM_MAX_COMPLETION_PROMPTS, default 128. */
  readonly maxPrompts?: number;
  /** The rating tokens of its vocabulary, default Llama 3.1's digits. */
  readonly ratingTokens?: readonly VocabularyToken[];
  /** Share of the probability on rating tokens, 0-1, default 0.97. */
  readonly coverage?: number;
  /** Default: any free port. */
  readonly port?: number;
}

/** The score of a pair, 0-100; undefined = the word overlap decides. */
export type ScoreHook = (text: string, theme: string) => number | undefined;

interface CompletionBody {
  model?: string;
  prompt?: string | string[];
  logprobs?: number | null;
  logprob_token_ids?: number[];
  return_tokens_as_token_ids?: boolean;
}
interface ChatBody {
  model?: string;
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  messages?: { role: string; content: string }[];
  response_format?: {
    json_schema?: { schema?: { properties?: Record<string, { description?: string }> } };
  };
}
interface RerankBody {
  model?: string;
  query?: string;
  documents?: (string | { text: string })[];
  top_n?: number | null;
}

export class FakeVllm extends FakeServer {
  /** Rewrites the body of a 200 before it is sent: choices permuted, logprobs missing and so on. */
  reshape: ((body: unknown) => unknown) | null = null;
  readonly #options: FakeVllmOptions;
  #hook: ScoreHook | null = null;

  constructor(options: FakeVllmOptions = {}) {
    super();
    this.#options = options;
  }

  /** The OpenAI base URL, `http://127.0.0.1:PORT/v1`. */
  get url(): string {
    return `${this.baseUrl}/v1`;
  }

  get model(): string {
    return this.#options.model ?? "theme-ranker";
  }

  /** Prompts asked for in completions so far, answered or not. */
  get promptCount(): number {
    const prompts = this.requests
      .filter(({ path }) => path === "/v1/completions")
      .map(({ body }) => (body as CompletionBody | null)?.prompt);
    return prompts.reduce((sum, prompt) => sum + (Array.isArray(prompt) ? prompt.length : 1), 0);
  }

  /** Overrides the judgement; null gives it back to the word overlap. */
  setScore(hook: ScoreHook | null): void {
    this.#hook = hook;
  }

  /** The score, 0-100, this origin gives the pair: what a test expects of completions. */
  score(text: string, theme: string): number {
    return this.#hook?.(text, theme) ?? expectedScore(text, theme);
  }

  protected override answer(request: RecordedRequest): Answer {
    const { method, path, headers, body } = request;
    const { apiKey } = this.#options;
    if (path.startsWith("/v1") && apiKey !== undefined) {
      if (headers["authorization"] !== `Bearer ${apiKey}`) return jsonAnswer(401, unauthorized);
    }
    if (method === "GET" && path === "/health") return { ...jsonAnswer(200, null), chunks: [] };
    if (method === "GET" && path === "/v1/models")
      return this.#finish(modelList(this.model, this.#options.maxModelLen ?? 8192));
    const routes: Record<string, (body: object) => unknown> = {
      "/v1/completions": (asked) => this.#completions(asked),
      "/v1/chat/completions": (asked) => this.#chat(asked),
      "/v1/rerank": (asked) => this.#rerank(asked),
    };
    const route = method === "POST" ? routes[path] : undefined;
    if (route === undefined) return errorAnswer(404, "Not Found", "Not Found", null);
    if (typeof body !== "object" || body === null) {
      return errorAnswer(400, "Bad Request", "Field required", null);
    }
    const { model } = body as { model?: string };
    if (model !== undefined && model !== this.model) {
      return errorAnswer(404, "NotFoundError", `The model \`${model}\` does not exist.`, "model");
    }
    return this.#finish(route(body));
  }

  #finish(result: unknown): Answer {
    if (isAnswer(result)) return result;
    return jsonAnswer(200, this.reshape === null ? result : this.reshape(result));
  }

  #completions(body: CompletionBody): unknown {
    const { maxModelLen = 8192, maxPrompts = 128, shape = "vllm" } = this.#options;
    const prompts = Array.isArray(body.prompt) ? body.prompt : [body.prompt ?? ""];
    if (prompts.length > maxPrompts) {
      const message = `prompt list length ${prompts.length} exceeds the maximum allowed count of ${maxPrompts}. To increase this limit, set the VLLM_MAX_COMPLETION_PROMPTS environment variable.`;
      return errorAnswer(400, "Bad Request", message, "prompt");
    }
    if (body.logprob_token_ids !== undefined && typeof body.logprobs !== "number") {
      const message = "when using `logprob_token_ids`, `logprobs` must be set.";
      return errorAnswer(400, "Bad Request", message, "logprob_token_ids");
    }
    if (prompts.some((prompt) => tokensOf(prompt) > maxModelLen - 1)) {
      return contextError(maxModelLen);
    }
    const choices = prompts.map((prompt, index) => {
      const { text, theme } = readRatingPrompt(prompt);
      return completionChoice(index, this.score(text, theme), {
        shape,
        ratings: this.#options.ratingTokens ?? llamaDigits,
        coverage: this.#options.coverage ?? 0.97,
        logprobs: body.logprobs ?? null,
        tokenIds: shape === "vllm" ? (body.logprob_token_ids ?? null) : null,
        asTokenIds: body.return_tokens_as_token_ids === true,
      });
    });
    const base = { id: "cmpl-5f2d", object: "text_completion", created, model: this.model };
    if (shape === "llama-server") {
      // As seen: the usage of one prompt, whatever their number.
      return { ...base, choices, usage: usage(tokensOf(prompts[0] ?? ""), 1) };
    }
    const total = prompts.reduce((sum, prompt) => sum + tokensOf(prompt), 0);
    const prompt_tokens_details = { cached_tokens: cachedTokens(prompts) };
    return {
      ...base,
      choices,
      service_tier: null,
      system_fingerprint: null,
      usage: { ...usage(total, prompts.length), prompt_tokens_details },
      kv_transfer_params: null,
    };
  }

  #chat(body: ChatBody): unknown {
    const prompt = (body.messages ?? []).map(({ content }) => content).join("\n");
    const user = body.messages?.findLast(({ role }) => role === "user")?.content ?? "";
    const properties = body.response_format?.json_schema?.schema?.properties;
    const content =
      properties === undefined ? summaryOf(user) : this.#chatScores(properties, prompt, user);
    const base = { id: "chatcmpl-5f2d", created, model: this.model };
    if (body.stream === true) {
      const told = body.stream_options?.include_usage === true;
      return chatStream(base, content, told ? usage(tokensOf(prompt), tokensOf(content)) : null);
    }
    const message = { role: "assistant", content, refusal: null };
    return {
      ...base,
      object: "chat.completion",
      choices: [{ index: 0, message, logprobs: null, finish_reason: "stop", stop_reason: null }],
      usage: { ...usage(tokensOf(prompt), tokensOf(content)), prompt_tokens_details: null },
    };
  }

  #chatScores(
    properties: Record<string, { description?: string }>,
    prompt: string,
    user: string,
  ): string {
    const themes = Object.entries(properties).map(
      ([key, { description }]) => [key, themeOfKey(key, description, prompt)] as const,
    );
    const text = textBeside(
      user,
      themes.map(([, theme]) => theme),
    );
    const scores = themes.map(([key, theme]) => [key, Math.round(this.score(text, theme))]);
    return JSON.stringify(Object.fromEntries(scores));
  }

  #rerank(body: RerankBody): unknown {
    const query = textOf(body.query ?? "");
    const results = (body.documents ?? [])
      .map((document, index) => {
        const text = typeof document === "string" ? document : document.text;
        return { index, document: { text }, relevance_score: this.score(query, text) / 100 };
      })
      .toSorted((a, b) => b.relevance_score - a.relevance_score);
    const tokens = tokensOf(query) * results.length;
    return {
      id: "rerank-5f2d",
      model: this.model,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
      results: results.slice(0, body.top_n || results.length),
    };
  }
}

/** Starts a fake origin on a loopback port. */
export async function startFakeVllm(options: FakeVllmOptions = {}): Promise<FakeVllm> {
  return new FakeVllm(options).start(options.port);
}
