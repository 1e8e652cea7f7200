// A fence around user text in a prompt, which that text cannot close.
import { hex } from "../core/hex.ts";

/**
 * A fence mark derived from the text: a text would have to hold its own digest to close it, and the
 * same text always gives the same prompt. 12 hexadecimal digits of SHA-256.
 */
export async function fenceOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return hex(new Uint8Array(digest, 0, 6));
}

/** The text between its fence lines. */
export function fenced(text: string, fence: string): string {
  return `[text ${fence}]\n${text}\n[end of text ${fence}]`;
}
