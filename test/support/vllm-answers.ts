// Pure parts of vLLM's wire: errors, usage, the model list, the chat stream.
import { jsonAnswer } from "./fault.ts";
import type { Answer } from "./fault.ts";

/** Seconds since the epoch: a fixed time, so that answers are the same in each run. */
export const created = 1_795_000_000;
/** Tokens as the fakes count them: four characters each. */
export const tokensOf = (text: string): number => Math.ceil(text.length / 4);

/** vLLM's ErrorResponse. */
export function errorAnswer(
  status: number,
  type: string,
  message: string,
  param: string | null,
): Answer {
  return jsonAnswer(status, { error: { message, type, param, code: status } });
}

/** The 400 of a prompt too long for the context; it tells the least that does not fit, not the size. */
export function contextError(maxModelLen: number): Answer {
  const message = `This model's maximum context length is ${maxModelLen} tokens. However, you requested 1 output tokens and your prompt contains at least ${maxModelLen} input tokens, for a total of at least ${maxModelLen + 1} tokens. Please reduce the length of the input prompt or the number of requested output tokens. (parameter=input_tokens, value=${maxModelLen})`;
  return errorAnswer(400, "BadRequestError", message, "input_tokens");
}

/** GET /v1/models of a server that serves one model. */
export function modelList(id: string, max_model_len: number): object {
  const card = { id, object: "model", created, owned_by: "vllm", root: id, parent: null };
  return { object: "list", data: [{ ...card, max_model_len, permission: [] }] };
}

/** vLLM's UsageInfo without details. */
export function usage(promptTokens: number, completionTokens: number): Record<string, number> {
  const total_tokens = promptTokens + completionTokens;
  return { prompt_tokens: promptTokens, total_tokens, completion_tokens: completionTokens };
}

/** What the last prompt shares with the one before it, in whole blocks of 16 tokens. */
export function cachedTokens(prompts: readonly string[]): number {
  const [before = "", last = ""] = prompts.slice(-2);
  if (prompts.length < 2) return 0;
  let shared = 0;
  while (shared < last.length && last[shared] === before[shared]) shared++;
  return Math.floor(shared / 4 / 16) * 16;
}

/**
 * A streamed chat answer, a word an event.
 * @param told the usage, in an event of its own without choices; null = not asked for
 */
export function chatStream(
  base: object,
  content: string,
  told: Record<string, number> | null = null,
): Answer {
  const chunk = (rest: object): string =>
    `data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", ...rest })}\n\n`;
  const event = (delta: object, finish_reason: string | null): string =>
    chunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason }] });
  const words = content.match(/\s*\S+/g) ?? [];
  const chunks = [
    event({ role: "assistant", content: "" }, null),
    ...words.map((word) => event({ content: word }, null)),
    event({ content: "" }, "stop"),
    ...(told === null ? [] : [chunk({ choices: [], usage: told })]),
    "data: [DONE]\n\n",
  ];
  const headers = { "content-type": "text/event-stream; charset=utf-8" };
  return { status: 200, headers, chunks, chunkDelayMs: 0 };
}
