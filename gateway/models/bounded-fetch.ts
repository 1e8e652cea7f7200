// A fetch whose answers have an end: an isolate has 128 MB for all its requests.

/** 100 themes with 20 logprobs each take about 150 KiB. */
const maxAnswerBytes = 1024 * 1024;

class AnswerTooLarge extends Error {}

/** `fetch`, whose body breaks off where it grows beyond all reason. */
export async function boundedFetch(...args: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...args);
  // In this order: a body that is looked at becomes a stream, and what reads it whole is slower then.
  if (isShort(response.headers) || response.body === null) return response;
  let bytes = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > maxAnswerBytes) controller.error(new AnswerTooLarge());
      else controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(counter), response);
}

/** A length that HTTP itself holds the body to: what is packed has another one. */
function isShort(headers: Headers): boolean {
  const length = headers.get("content-length");
  return length !== null && Number(length) <= maxAnswerBytes && !headers.has("content-encoding");
}

/** As it is, or wrapped by the SDK. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof AnswerTooLarge || (error instanceof Error && isTooLarge(error.cause));
}
