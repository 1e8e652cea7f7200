// The whole Worker as a caller meets it, under any configuration.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import worker from "../../gateway/index.ts";
import { described } from "../support/document-check.ts";
import life from "../../gateway/samples/life.json";

export { life };

export type Overrides = Readonly<Record<string, string>>;

/** One environment for each configuration, so that the Worker keeps its isolate's state. */
const environments = new Map<string, Env>();

function environment(overrides: Overrides): Env {
  const name = JSON.stringify(Object.entries(overrides));
  const known = environments.get(name) ?? { ...env, ...overrides };
  environments.set(name, known);
  return known;
}

/** Sends a request and waits until all that it deferred is done. The answer is one that the document allows. */
export async function send(request: Request, overrides: Overrides = {}): Promise<Response> {
  return sendTo(environment(overrides), request);
}

/** The same with bindings of a test's own: one isolate for each environment object. */
export async function sendTo(to: Env, request: Request): Promise<Response> {
  const context = createExecutionContext();
  const response = await worker.fetch(
    request as Request<unknown, IncomingRequestCfProperties>,
    to,
    context,
  );
  await waitOnExecutionContext(context);
  return described(request.method, request.url, response);
}

export function post(path: string, body: unknown, overrides: Overrides = {}): Promise<Response> {
  const request = new Request(`https://themerank.test${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
  });
  return send(request, overrides);
}

export function get(path: string, overrides: Overrides = {}): Promise<Response> {
  return send(new Request(`https://themerank.test${path}`), overrides);
}

let count = 0;

/** A text about money that no other test has sent: nothing of it is cached. */
export function freshText(): string {
  count += 1;
  return `Note ${count}. The bills are late and my debt eats the money. I lie awake. Mother laughs.`;
}
