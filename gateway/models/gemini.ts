// The Gemini API: one text for one prompt, its errors as failures, its bodies as plain data.
import {
  GoogleGenerativeAI,
  GoogleGenerativeAIError,
  GoogleGenerativeAIFetchError,
  type GenerationConfig,
} from "@google/generative-ai";
import { z } from "zod";
import type { UpstreamCall } from "../core/call-log.ts";
import type { Usage } from "../core/domain.ts";
import { fail, ok, type Failure, type Reason, type Result } from "../core/failure.ts";
import type { Progress, Stage } from "../core/ports.ts";

export interface GeminiSettings {
  readonly apiKey: string;
  /** Without a version; "" = Google. */
  readonly baseUrl: string;
  /** In order of preference; one that is gone (404) hands over to the next, from then on. */
  readonly models: readonly string[];
  /** Hears of a model that is gone, and of a key or a request that Google refuses. */
  readonly alarm: (alarm: Reason, status: number) => void;
}

export interface GeminiRequest {
  readonly system: string;
  readonly prompt: string;
  readonly maxOutputTokens: number;
  /** A plain OpenAPI schema; the answer's text is JSON of this shape then. */
  readonly schema?: Record<string, unknown>;
}

export interface GeminiAnswer {
  readonly text: string;
  /** The version that answered, as Google names it. */
  readonly model: string;
  readonly usage: Usage;
}

export interface GeminiApi {
  /** @param progress hears the text while it is written, from its beginning each time */
  generate(
    request: GeminiRequest,
    stage: Stage,
    progress?: Progress,
  ): Promise<Result<GeminiAnswer>>;
}

// Read from the raw candidates: the SDK's text() joins thoughts to the answer and hides why it ended.
const answerShape = z.object({
  candidates: z
    .array(
      z.object({
        content: z
          .object({
            parts: z
              .array(z.object({ text: z.string().optional(), thought: z.boolean().optional() }))
              .optional(),
          })
          .optional(),
        finishReason: z.string().optional(),
      }),
    )
    .optional(),
  promptFeedback: z.object({ blockReason: z.string().optional() }).optional(),
  usageMetadata: z
    .object({
      promptTokenCount: z.number().optional(),
      candidatesTokenCount: z.number().optional(),
      thoughtsTokenCount: z.number().optional(),
    })
    .optional(),
  modelVersion: z.string().optional(),
});

type AnswerBody = z.output<typeof answerShape>;

/** One of a stream's events: a part of an answer, or an error in its place. */
const eventShape = answerShape.extend({ error: z.object({ code: z.number() }).optional() });

/** Longest text a stream is read for, in UTF-16 units; no model is asked for a tenth of it. */
const maxStreamedLength = 64 * 1024;

const blockedReasons = new Set(["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"]);

/** A client for Gemini. Never retries the same model. */
export function createGeminiApi(settings: GeminiSettings): GeminiApi {
  const client = new GoogleGenerativeAI(settings.apiKey);

  /** The first model that has not been seen to be gone. */
  let first = 0;

  async function generateWith(
    model: string,
    request: GeminiRequest,
    stage: Stage,
    call: UpstreamCall,
    progress: Progress | undefined,
  ): Promise<Result<GeminiAnswer>> {
    // The SDK starts a request whose signal has already aborted.
    if (stage.signal.aborted) return fail({ reason: "gemini_timeout", limit: stage.limit });
    const generationConfig: GenerationConfig = {
      maxOutputTokens: request.maxOutputTokens,
      ...(request.schema && {
        responseMimeType: "application/json",
        // The SDK types a closed schema language and passes on what it is given.
        responseSchema: request.schema as unknown as NonNullable<
          GenerationConfig["responseSchema"]
        >,
      }),
    };
    const asked = client.getGenerativeModel(
      { model, systemInstruction: request.system, generationConfig },
      settings.baseUrl === "" ? {} : { baseUrl: settings.baseUrl },
    );
    // The SDK lets go of a stream that it cannot read without ending it.
    const done = new AbortController();
    const signal = AbortSignal.any([stage.signal, done.signal]);
    try {
      if (progress === undefined) {
        const result = await asked.generateContent(request.prompt, { signal });
        const parsed = answerShape.safeParse(result.response);
        if (!parsed.success) return fail({ reason: "gemini_bad_output", defect: "wrong_shape" });
        // Tokens are paid for, whatever they turn out to be worth.
        call.usage = toUsage(parsed.data.usageMetadata);
        return readAnswer(parsed.data, model);
      }
      const { stream, response } = await asked.generateContentStream(request.prompt, { signal });
      // The same events joined by the SDK, thoughts and all; it fails where the stream does.
      response.catch(() => {});
      const joined = await joinEvents(stream, call, progress);
      return joined.ok ? readAnswer(joined.value, model) : joined;
    } catch (error) {
      return fail(geminiFailure(error, stage));
    } finally {
      done.abort();
    }
  }

  return {
    async generate(request, stage, progress) {
      let last: Result<GeminiAnswer> = fail({ reason: "gemini_error", status: 404 });
      const { models } = settings;
      for (let index = first; index < models.length; index += 1) {
        const model = models[index] ?? "";
        // Every request is a call that Google may bill: the next model's too.
        last = await stage.call({ source: "gemini", model, paid: true }, (call) =>
          generateWith(model, request, stage, call, progress),
        );
        const refusal = last.ok ? null : refusedStatus(last.failure);
        if (refusal !== null) settings.alarm("gemini_error", refusal);
        if (refusal !== 404) return last;
        // Were all of them gone, the next request begins anew.
        first = (index + 1) % models.length;
      }
      return last;
    },
  };
}

/** The status of what another try would not mend: our key, our request, a model's name. */
function refusedStatus(failure: Failure): number | null {
  const refused = failure.reason === "gemini_error" && failure.status < 500;
  return refused ? failure.status : null;
}

/** A stream's events as the one answer they are parts of; one that ends early is `truncated`. */
async function joinEvents(
  stream: AsyncIterable<unknown>,
  call: UpstreamCall,
  progress: Progress,
): Promise<Result<AnswerBody>> {
  let text = "";
  let joined: AnswerBody = {};
  let finishReason: string | undefined;
  for await (const event of stream) {
    const parsed = eventShape.safeParse(event);
    if (!parsed.success) return fail({ reason: "gemini_bad_output", defect: "wrong_shape" });
    const { error, candidates, ...rest } = parsed.data;
    if (error !== undefined) return fail(failureOf(error.code, null));
    const candidate = candidates?.[0];
    finishReason = candidate?.finishReason ?? finishReason;
    joined = { ...joined, ...rest };
    call.usage = toUsage(joined.usageMetadata);
    const more = textOf(candidate);
    text += more;
    if (text.length > maxStreamedLength)
      return fail({ reason: "gemini_bad_output", defect: "too_large" });
    if (more !== "") progress(text);
  }
  if (finishReason === undefined && text !== "")
    return fail({ reason: "gemini_bad_output", defect: "truncated" });
  if (finishReason === undefined) return ok(joined);
  return ok({ ...joined, candidates: [{ content: { parts: [{ text }] }, finishReason }] });
}

/** What a candidate says, without its thoughts. */
function textOf(candidate: NonNullable<AnswerBody["candidates"]>[number] | undefined): string {
  return (candidate?.content?.parts ?? [])
    .filter((part) => !part.thought)
    .map((part) => part.text ?? "")
    .join("");
}

function readAnswer(answer: AnswerBody, model: string): Result<GeminiAnswer> {
  const { candidates, promptFeedback, usageMetadata, modelVersion } = answer;
  const candidate = candidates?.[0];
  if (
    promptFeedback?.blockReason ||
    (candidate && blockedReasons.has(candidate.finishReason ?? ""))
  )
    return fail({ reason: "gemini_blocked" });
  if (candidate?.finishReason === "MAX_TOKENS")
    return fail({ reason: "gemini_bad_output", defect: "truncated" });
  const text = textOf(candidate).trim();
  if (candidate?.finishReason !== "STOP" || text === "")
    return fail({ reason: "gemini_bad_output", defect: "empty" });
  return ok({ text, model: modelVersion ?? model, usage: toUsage(usageMetadata) });
}

function toUsage(metadata: AnswerBody["usageMetadata"]): Usage {
  const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount } = metadata ?? {};
  return {
    promptTokens: promptTokenCount ?? null,
    completionTokens:
      candidatesTokenCount === undefined ? null : candidatesTokenCount + (thoughtsTokenCount ?? 0),
    costUsd: null,
  };
}

function geminiFailure(error: unknown, stage: Stage): Failure {
  if (stage.signal.aborted) return { reason: "gemini_timeout", limit: stage.limit };
  if (error instanceof SyntaxError) return { reason: "gemini_bad_output", defect: "not_json" };
  if (!(error instanceof GoogleGenerativeAIFetchError) || error.status === undefined) {
    // What cannot be read in a stream is told by a message alone; a stream that broke has another one.
    const unreadable =
      error instanceof GoogleGenerativeAIError && /parsing JSON|parse stream/.test(error.message);
    if (unreadable) return { reason: "gemini_bad_output", defect: "not_json" };
    return { reason: "gemini_unreachable" };
  }
  return failureOf(error.status, retryDelay(error));
}

function failureOf(status: number, retryAfterSeconds: number | null): Failure {
  if (status === 429) return { reason: "gemini_quota", retryAfterSeconds };
  return { reason: "gemini_error", status };
}

/** RetryInfo carries "7s" or "7.5s". */
function retryDelay(error: GoogleGenerativeAIFetchError): number | null {
  for (const detail of error.errorDetails ?? []) {
    const delay: unknown = detail["retryDelay"];
    if (typeof delay === "string") {
      const seconds = Number.parseFloat(delay);
      if (!Number.isNaN(seconds)) return Math.ceil(seconds);
    }
  }
  return null;
}
