// The vendors' clients for Python, unmodified: each ranks, understands a refusal, and tries again.
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { python } from "./environment.ts";
import { askedToWaitMs, documents, key, query, refuseNext, url, visits } from "./gateway.ts";

const script = fileURLToPath(new URL("clients.py", import.meta.url));

interface Told {
  readonly results?: readonly (readonly [index: number, score: number])[];
  readonly error?: string;
  readonly status?: number;
  readonly message?: string;
}

let process: ChildProcessByStdio<Writable, Readable, null>;
let lines: AsyncIterator<string>;

beforeAll(() => {
  // Once for all: the clients take seconds to load.
  process = spawn(python, [script, url, ...documents], { stdio: ["pipe", "pipe", "inherit"] });
  lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
});
afterAll(() => void process.stdin.end());

async function ask(client: string, apiKey: string, asked: string): Promise<Told> {
  process.stdin.write(`${JSON.stringify({ client, key: apiKey, query: asked })}\n`);
  const { value, done } = await lines.next();
  if (done === true) throw new Error("clients.py ended");
  return JSON.parse(value) as Told;
}

const cohere = {
  waitsMs: askedToWaitMs,
  count: 1,
  invalid: "UnprocessableEntityError",
  unauthorized: "UnauthorizedError",
};
const voyage = {
  // It waits a second and a random part of one, whatever the answer says.
  waitsMs: 990,
  path: "/v1/rerank",
  invalid: "MalformedRequestError",
  unauthorized: "AuthenticationError",
};
const clients = [
  { client: "cohere-v2", path: "/v2/rerank", ...cohere },
  { client: "cohere-v1", path: "/v1/rerank", ...cohere },
  { client: "voyage", count: 1, ...voyage },
  { client: "voyage-all", count: 3, ...voyage },
];

describe.each(clients)("$client", ({ client, path, count, invalid, unauthorized, waitsMs }) => {
  it("ranks", async () => {
    const { results } = await ask(client, key, query);
    expect(results).toHaveLength(count);
    expect(results?.[0]?.[0]).toBe(1);
    expect(results?.[0]?.[1]).toBeGreaterThan(0);
  });

  it("is told which field is wrong, in its own exception, and does not try that again", async () => {
    await refuseNext(0);
    const { error, status, message } = await ask(client, key, "?");
    expect([error, status]).toEqual([invalid, 422]);
    expect(message).toContain("/query must hold");
    expect(await visits()).toMatchObject([{ path, status: 422 }]);
  });

  it("is told that its key is none", async () => {
    const { error, status, message } = await ask(client, "tr_test_none", query);
    expect([error, status]).toEqual([unauthorized, 401]);
    expect(message).toContain("API key");
  });

  it("tries again by itself after a 429, and ranks", async () => {
    await refuseNext(1);
    expect((await ask(client, key, query)).results).toHaveLength(count);
    const [first, second, ...more] = await visits();
    expect([first?.status, second?.status, more]).toEqual([429, 200, []]);
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(waitsMs);
  });
});
