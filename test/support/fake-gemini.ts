// Google's generateContent without Google: true wire shapes over the word-overlap judgement.
import invalidKey from "../fixtures/gemini-error-400-key.json" with { type: "json" };
import { FakeServer } from "./fake-server.ts";
import type { RecordedRequest } from "./fake-server.ts";
import { jsonAnswer } from "./fault.ts";
import type { Answer } from "./fault.ts";
import { expectedScore, summaryOf, textBeside, themeOfKey } from "./overlap.ts";

export interface FakeGeminiOptions {
  /** Asked for as `x-goog-api-key`; none = any key, or none, is accepted. */
  readonly apiKey?: string;
  /** Models answered with 404, as withdrawn ones are. */
  readonly unknownModels?: readonly string[];
  /** Pause between the chunks of a stream, default 0. */
  readonly chunkDelayMs?: number;
  /** Default: any free port. */
  readonly port?: number;
}

/** The part of OpenAPI or JSON Schema that is read; `type` in either case. */
interface Schema {
  type?: string;
  description?: string;
  enum?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
}

interface Content {
  role?: string;
  parts?: { text?: string }[];
}
interface GenerateBody {
  contents?: Content[];
  systemInstruction?: Content | string;
  generationConfig?: { responseSchema?: Schema; responseJsonSchema?: Schema };
}

const tokensOf = (text: string): number => Math.ceil(text.length / 4);
const partsOf = (content: Content): string =>
  (content.parts ?? []).map(({ text }) => text ?? "").join("\n");

export class FakeGemini extends FakeServer {
  /** Pause between the chunks of a stream. */
  chunkDelayMs: number;
  /** Models answered with 404. */
  readonly unknownModels: Set<string>;
  readonly #apiKey: string | undefined;
  #hook: ((text: string, theme: string) => number | undefined) | null = null;

  constructor({ apiKey, unknownModels = [], chunkDelayMs = 0 }: FakeGeminiOptions = {}) {
    super();
    this.#apiKey = apiKey;
    this.unknownModels = new Set(unknownModels);
    this.chunkDelayMs = chunkDelayMs;
  }

  /** The base URL without a version, `http://127.0.0.1:PORT`. */
  get url(): string {
    return this.baseUrl;
  }

  /** Requests that would have cost money. */
  get callCount(): number {
    return this.requests.filter(({ path }) => path.includes("enerateContent")).length;
  }

  /** Overrides the judgement, 0-100; undefined or null leaves it to the word overlap. */
  setScore(hook: ((text: string, theme: string) => number | undefined) | null): void {
    this.#hook = hook;
  }

  protected override answer(request: RecordedRequest): Answer {
    const { method, path, query, headers } = request;
    const [, model = "", task] =
      /^\/v1(?:beta)?\/models\/([^:/]+):(generateContent|streamGenerateContent)$/.exec(path) ?? [];
    if (method !== "POST" || task === undefined) {
      return { ...jsonAnswer(404, null), chunks: [] };
    }
    if (this.#apiKey !== undefined && headers["x-goog-api-key"] !== this.#apiKey) {
      return jsonAnswer(400, invalidKey);
    }
    if (this.unknownModels.has(model)) return notFound(model, path);
    const body = (request.body ?? {}) as GenerateBody;
    const { prompt, text } = this.#reply(body);
    if (task === "generateContent") return jsonAnswer(200, response(model, prompt, text, true));
    const words = text.match(/\s*\S+\s*?/g) ?? [text];
    const third = Math.ceil(words.length / 3);
    const pieces = [0, 1, 2].map((n) => words.slice(n * third, (n + 1) * third).join(""));
    const filled = pieces.filter((piece) => piece !== "");
    const events = filled.map((piece, index) =>
      JSON.stringify(response(model, prompt, piece, index === filled.length - 1, text)),
    );
    if (!query.includes("alt=sse")) {
      return { ...jsonAnswer(200, null), chunks: [`[${events.join(",\r\n")}]`] };
    }
    return {
      status: 200,
      headers: { "content-type": "text/event-stream" },
      chunks: events.map((event) => `data: ${event}\r\n\r\n`),
      chunkDelayMs: this.chunkDelayMs,
    };
  }

  #reply({ contents = [], systemInstruction, generationConfig }: GenerateBody) {
    const system =
      typeof systemInstruction === "string" ? systemInstruction : partsOf(systemInstruction ?? {});
    const user = contents.map(partsOf).join("\n");
    const prompt = `${system}\n${user}`;
    const schema = generationConfig?.responseSchema ?? generationConfig?.responseJsonSchema;
    if (schema === undefined) return { prompt, text: summaryOf(user) };
    const themes = keysOf(schema).map(([key, description]) => themeOfKey(key, description, prompt));
    const text = textBeside(user, themes);
    const judge = (key: string, description: string | undefined): number => {
      const theme = themeOfKey(key, description, prompt);
      return Math.round(this.#hook?.(text, theme) ?? expectedScore(text, theme));
    };
    return { prompt, text: JSON.stringify(fill(schema, judge)) };
  }
}

/** Whether a schema is a list of `{id, score}`, the ids told by an enum. */
function listItem(schema: Schema): { id: string; ids: string[]; score: string } | null {
  const properties = Object.entries(schema.items?.properties ?? {});
  const id = properties.find(([, { enum: ids }]) => ids !== undefined);
  const score = properties.find(([, { type = "" }]) => /^(integer|number)$/i.test(type));
  if (id === undefined || score === undefined) return null;
  return { id: id[0], ids: id[1].enum ?? [], score: score[0] };
}

/** The keys a schema asks a score for, with their descriptions. */
function keysOf(schema: Schema): [string, string | undefined][] {
  const ids = listItem(schema)?.ids;
  if (ids !== undefined) return ids.map((id) => [id, undefined]);
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) =>
    /^(array|object)$/i.test(inner.type ?? "") ? keysOf(inner) : [[key, inner.description]],
  );
}

function fill(schema: Schema, judge: (key: string, description?: string) => number): unknown {
  const item = listItem(schema);
  if (item !== null) return item.ids.map((id) => ({ [item.id]: id, [item.score]: judge(id) }));
  const entries = Object.entries(schema.properties ?? {}).map(([key, inner]) => [
    key,
    /^(array|object)$/i.test(inner.type ?? "") ? fill(inner, judge) : judge(key, inner.description),
  ]);
  return Object.fromEntries(entries) as unknown;
}

/** A GenerateContentResponse; only the last of a stream tells why it ended and what it cost. */
function response(
  model: string,
  prompt: string,
  text: string,
  last: boolean,
  whole = text,
): object {
  const promptTokenCount = tokensOf(prompt);
  const candidatesTokenCount = tokensOf(whole);
  const promptTokensDetails = [{ modality: "TEXT", tokenCount: promptTokenCount }];
  const content = { parts: [{ text }], role: "model" };
  const totalTokenCount = promptTokenCount + (last ? candidatesTokenCount : 0);
  return {
    candidates: [last ? { content, finishReason: "STOP", index: 0 } : { content, index: 0 }],
    usageMetadata: {
      promptTokenCount,
      ...(last ? { candidatesTokenCount } : {}),
      totalTokenCount,
      promptTokensDetails,
      serviceTier: "standard",
    },
    modelVersion: model,
    responseId: "DniLab2dFPeSxN8PpqXY4Ag",
  };
}

function notFound(model: string, path: string): Answer {
  const version = path.split("/")[1];
  const message = `models/${model} is not found for API version ${version}, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`;
  return jsonAnswer(404, { error: { code: 404, message, status: "NOT_FOUND" } });
}

/** Starts a fake Google on a loopback port. */
export async function startFakeGemini(options: FakeGeminiOptions = {}): Promise<FakeGemini> {
  return new FakeGemini(options).start(options.port);
}
