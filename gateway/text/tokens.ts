// How many tokens a text may cost, without a tokenizer.
import type { Theme } from "../core/domain.ts";

const encoder = new TextEncoder();

/** Rough count of tokens: a quarter of the UTF-8 length, rounded up. English runs at 4.2 bytes a token. */
export function estimateTokens(text: string): number {
  return Math.ceil(encoder.encode(text).length / 4);
}

/** Rough count for a theme as it stands in a prompt, the template around it included. */
export function estimateThemeTokens({ label, description }: Theme): number {
  return 16 + estimateTokens(label + description);
}
