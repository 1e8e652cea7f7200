// The ids of single tokens in a running vLLM's vocabulary.
import { z } from "zod";

const answer = z.object({ tokens: z.array(z.number().int()) });

/**
 * @param originUrl the OpenAI base URL, ending in /v1
 * @returns the id of each word
 * @throws when a word is not one token there, or the server does not tokenize
 */
export async function tokenIds(
  originUrl: string,
  apiKey: string,
  model: string,
  words: readonly string[],
): Promise<number[]> {
  const url = `${originUrl.replace(/\/v1\/?$/, "")}/tokenize`;
  const ids: number[] = [];
  for (const prompt of words) {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ model, prompt, add_special_tokens: false }),
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    const { tokens } = answer.parse(await response.json());
    const [id] = tokens;
    if (id === undefined || tokens.length !== 1) throw new Error(`${prompt} is not one token`);
    ids.push(id);
  }
  return ids;
}
