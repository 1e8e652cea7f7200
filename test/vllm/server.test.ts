// The ground the suite stands on: this is a vLLM, it ranks, and it asks for its key.
import { describe, expect, it } from "vitest";
import { digitTokenIds } from "./server.ts";
import { sharedServer } from "./shared-server.ts";

const server = sharedServer();

interface Completion {
  readonly choices: readonly {
    readonly index: number;
    readonly logprobs: { readonly top_logprobs: readonly Readonly<Record<string, number>>[] };
  }[];
}

function post(apiKey: string, prompt: readonly string[]): Promise<Response> {
  return fetch(`${server.url}/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({
      model: "theme-ranker",
      prompt,
      max_tokens: 1,
      temperature: 0,
      logprobs: digitTokenIds.length,
      logprob_token_ids: digitTokenIds,
      return_tokens_as_token_ids: true,
      add_special_tokens: false,
    }),
  });
}

const prompt = [
  "<|im_start|>user\nRate from 0 to 9 how much the text is about the theme.",
  "Text: I have three loans and no savings. Theme: Money<|im_end|>\n<|im_start|>assistant\n",
].join("\n");

describe("the real vLLM", () => {
  it("serves one model, theme-ranker", async () => {
    const response = await fetch(`${server.url}/models`, {
      headers: { authorization: `Bearer ${server.apiKey}` },
    });
    const { data } = (await response.json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(["theme-ranker"]);
  });

  it("rates one theme: the log probability of each digit asked for, in one token", async () => {
    const response = await post(server.apiKey, [prompt]);
    expect(response.status).toBe(200);
    const { choices } = (await response.json()) as Completion;
    expect(choices).toHaveLength(1);
    const logprobs = choices[0]?.logprobs.top_logprobs[0] ?? {};
    const digits = digitTokenIds.map((id) => logprobs[`token_id:${id}`] ?? Number.NaN);
    expect(digits.every((each) => each <= 0 && each > -100)).toBe(true);
    const mass = digits.reduce((sum, each) => sum + Math.exp(each), 0);
    expect(mass).toBeGreaterThan(0.5);
    expect(mass).toBeLessThan(1.001);
  });

  it("refuses a wrong key with 401", async () => {
    expect((await post("a wrong key", [prompt])).status).toBe(401);
  });

  it("counts what it does", async () => {
    const done = async () => (await server.metrics()).get("vllm:request_success_total") ?? 0;
    const before = await done();
    await post(server.apiKey, [prompt, prompt]);
    expect(await done()).toBe(before + 2);
  });
});
