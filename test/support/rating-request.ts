// The ranking request that the tests of the fakes send, with plain fetch.

/** POST of a JSON body. */
export const post = (
  url: string,
  body: unknown,
  { headers, ...init }: Omit<RequestInit, "headers"> & { headers?: Record<string, string> } = {},
): Promise<Response> =>
  fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
    ...init,
    headers: { "content-type": "application/json", ...headers },
  });

/** Any JSON, for reading a path of it. */
// oxlint-disable-next-line typescript/no-explicit-any
export const json = async (response: Promise<Response>): Promise<any> => (await response).json();

export const text = "I cannot pay the bills and my money is gone.";
export const themes = ["Money - debts and paying bills", "Health - illness and doctors"];
export const prompts = themes.map(
  (theme) =>
    `<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nRate health and money.<|eot_id|>` +
    `<|start_header_id|>user<|end_header_id|>\n\n[text 0a1b2c3d4e5f]\n${text}\n[end of text 0a1b2c3d4e5f]\nTheme: ${theme}<|eot_id|>` +
    `<|start_header_id|>assistant<|end_header_id|>\n\n`,
);
/** Token ids of "0".."9" in Llama 3.1. */
export const digits = Array.from({ length: 10 }, (_, value) => 15 + value);
export const ask = {
  model: "theme-ranker",
  prompt: prompts,
  max_tokens: 1,
  temperature: 0,
  logprobs: 10,
  logprob_token_ids: digits,
  return_tokens_as_token_ids: true,
};
