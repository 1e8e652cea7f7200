// What the real stack answers to the examples' requests: `npm start`, with its embedded origin.
import { serverSentEvents } from "../../gateway/client/sse.ts";
import { collected } from "../support/collected.ts";
import { freePort } from "../support/ports.ts";
import { startStack } from "../support/stack.ts";
import { exampleRequests, problemRequests } from "./requests.ts";

export interface Examples {
  readonly operations: Record<string, { request?: object; answers: Record<string, unknown> }>;
  readonly problems: Record<string, unknown>;
}

/** Starts three stacks one after the other, and ends them. */
export async function recordExamples(): Promise<Examples> {
  const operations: Examples["operations"] = {};
  const problems: Examples["problems"] = {};
  const recordProblems = async (url: string, wanted: string) => {
    for (const { slug, path, init } of problemRequests.filter(({ stack }) => stack === wanted)) {
      // oxlint-disable-next-line no-await-in-loop -- in their order
      const answer = (await (await fetch(`${url}${path}`, init)).json()) as { type: string };
      if (answer.type !== `/problems/${slug}`) throw new Error(`${slug}: ${answer.type}`);
      problems[slug] = answer;
    }
  };

  const local = await startStack();
  try {
    for (const { operationId, method, path, body, accept } of exampleRequests) {
      // oxlint-disable-next-line no-await-in-loop -- in their order
      const response = await fetch(`${local.url}${path}`, {
        method,
        headers: {
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(accept !== undefined && { accept }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${operationId}: HTTP ${response.status}`);
      const type = response.headers.get("content-type")?.split(";")[0] ?? "";
      const answers = operations[operationId]?.answers ?? {};
      // oxlint-disable-next-line no-await-in-loop -- as above
      if (type !== "") answers[type] = await read(response, type);
      operations[operationId] = { ...(body !== undefined && { request: body }), answers };
    }
    await recordProblems(local.url, "local");
  } finally {
    await local.stop();
  }

  const keyed = await startStack([], { AUTH_MODE: "required" });
  try {
    await recordProblems(keyed.url, "keyed");
  } finally {
    await keyed.stop();
  }

  const alone = await startStack(["--origin", `http://127.0.0.1:${await freePort()}/v1`]);
  try {
    await recordProblems(alone.url, "alone");
  } finally {
    await alone.stop();
  }
  return { operations, problems };
}

/** JSON as it is; a stream as the list of its events. */
async function read(response: Response, type: string): Promise<unknown> {
  if (type !== "text/event-stream") return response.json();
  const body = response.body ?? new ReadableStream<Uint8Array>();
  const events = await collected(serverSentEvents(body));
  return events.map(({ event, data }) => ({ event, data: JSON.parse(data) as unknown }));
}
