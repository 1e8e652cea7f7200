// How many tokens a text may cost, without a tokenizer.
import type { Theme } from "../core/domain.ts";

/** Rough count of tokens: a quarter of the UTF-8 length, rounded up. English runs at 4.2 bytes a token. */
export function estimateTokens(text: string): number {
  return Math.ceil(utf8Length(text) / 4);
}

/** Rough count for a theme as it stands in a prompt, the template around it included. */
export function estimateThemeTokens({ label, description }: Theme): number {
  return 16 + estimateTokens(label + description);
}

/** Of well-formed text; nothing is encoded for it. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    const isHalf = unit >= 0xd800 && unit <= 0xdfff;
    bytes += unit < 0x80 ? 1 : unit < 0x800 || isHalf ? 2 : 3;
  }
  return bytes;
}
