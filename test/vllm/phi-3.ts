// Phi-3's template and tokenizer: no registry carries them, so both are put together from their parts.

/**
 * Phi-3-medium-4k-instruct's template, as quoted in llama.cpp tests/test-chat-template.cpp: it has
 * no system's turn and no first token. Both messages stand in the user's turn.
 */
export const phi3Template = (system: string, user: string): string =>
  `<|user|>\n${system}\n\n${user}<|end|>\n<|assistant|>\n`;

/** They swallow the white space after them (rstrip in added_tokens of its tokenizer.json). */
const control = /(<\|(?:endoftext|system|end|user|assistant)\|>|<\/?s>|<unk>)\s*/;

/** Llama 2's vocabulary and merges: npm llama-tokenizer-js. */
export interface Llama2Tokenizer {
  encode(text: string, addBos: boolean, addBlank: boolean): number[];
  readonly vocabById: readonly string[];
}

/** As [id, piece, isControl]; control tokens have no id of Llama 2's and get -1. */
export function phi3Tokens(
  llama2: Llama2Tokenizer,
  text: string,
): [id: number, piece: string, isControl: boolean][] {
  return text.split(control).flatMap((part, index): [number, string, boolean][] => {
    if (index % 2 === 1) return [[-1, part, true]];
    if (part === "") return [];
    return llama2.encode(part, false, true).map((id) => [id, llama2.vocabById[id] ?? "", false]);
  });
}
