// Answers of vLLM's completions as a broken or lying server may give them.
import { life } from "../../contract/service.ts";
import type { FaultKind } from "../../support/fault.ts";

type Logprobs = object | null;

/** All mass on one digit; the others hardly. */
const sure = (digit: number): Logprobs => ({ top_logprobs: [{ [digit]: -0.01, "5": -6 }] });

/** A choice for the theme at `index`: its rating is the last digit of its place. */
export const choice = (index: number, logprobs: Logprobs = sure(index % 10)) => ({
  index,
  text: String(index % 10),
  logprobs,
  finish_reason: "length",
});

export const choices = (logprobs?: Logprobs) => life.map((_, index) => choice(index, logprobs));

export const completion = (of: readonly object[], model = "theme-ranker") => ({
  id: "cmpl-1",
  object: "text_completion",
  model,
  choices: of,
  usage: { prompt_tokens: 100, completion_tokens: of.length },
});

/** 200 and JSON by its type, but any text: numbers that JSON does not have. */
export const asJson = (body: string): FaultKind => ({
  kind: "status",
  status: 200,
  headers: { "content-type": "application/json" },
  body,
});
