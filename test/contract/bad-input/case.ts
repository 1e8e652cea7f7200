// One row of the catalogue of bad input, and the ways to ask.
import { expect, inject } from "vitest";
import { rankAnswer } from "../../../gateway/edge/answer-schema.ts";
import { FakeControl } from "../support.ts";
import { freshText, post, send, type Overrides } from "../service.ts";

export interface Case {
  /** Its number in the catalogue, 1 to 98; null = beside it. */
  readonly no: number | null;
  readonly name: string;
  readonly status: number;
  /** Where the problem points, in any order; none for other problems and for answers. */
  readonly pointers?: readonly string[];
  readonly ask: () => Promise<Response>;
  /** What else must hold; `answer` is the body. */
  readonly check?: (answer: unknown, response: Response) => unknown;
}

export const vllm = new FakeControl(inject("vllm"));
export const gemini = new FakeControl(inject("gemini"));

export const good = { text: "The rent is late.", themes: ["Money"] };
export const json = { "content-type": "application/json" };
export const url = "https://themerank.test/v1/rank";

export const rank = (change: object, overrides: Overrides = {}) =>
  post("/v1/rank", { ...good, ...change }, overrides);

export const raw = (body: BodyInit | null, headers: HeadersInit = json) =>
  send(new Request(url, { method: "POST", headers, body }));

/** A text nobody has sent, with this in it. */
export const about = (words: string) => `${freshText()} ${words}`;

/** A ranking as the schema has it, of exactly these ids. */
export function ranksAll(answer: unknown, ids: readonly string[]) {
  const ranking = rankAnswer.parse(answer);
  expect(ranking.themes.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  return ranking;
}

/** Every prompt that the origin was sent since the last reset. */
export async function prompts(): Promise<string[]> {
  const requests = await vllm.requests();
  return requests.flatMap(({ body }) => (body as { prompt?: string[] }).prompt ?? []);
}

/** Asks for one theme with what is hostile in text, label and description alike. */
export async function everywhere(hostile: string): Promise<Response> {
  const theme = { id: "t", label: `Odd ${hostile} label`, description: `Some ${hostile} words` };
  return rank({ text: about(hostile), themes: [theme] });
}

/** A stream of `chunk` without end; `pulled` tells how much of it was wanted. */
export function endless(chunk: Uint8Array) {
  const told = { pulled: 0, body: null as unknown as ReadableStream };
  told.body = new ReadableStream({
    pull(controller) {
      told.pulled += chunk.byteLength;
      controller.enqueue(chunk);
    },
  });
  return told;
}
