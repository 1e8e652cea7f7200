// The embedded origin's HTTP: routes, limits and counters. Nothing that a client sends is ever logged.
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { readRequest, writeAnswer } from "./cohere.ts";
import type { Reranker } from "./reranker.ts";

const maxBodyBytes = 4 * 1024 * 1024;
/** A client slower than this at sending its request is cut off. */
const requestTimeoutMs = 30_000;

function answer(response: ServerResponse, status: number, body: object | string): void {
  const [type, text] =
    typeof body === "string"
      ? ["text/plain; version=0.0.4; charset=utf-8", body]
      : ["application/json", JSON.stringify(body)];
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** The whole body, or null when it is over the limit: it is read to its end then, but not kept. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxBodyBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes <= maxBodyBytes ? Buffer.concat(chunks) : null;
}

/**
 * A server that does not listen yet. `POST /v1/rerank` {query, documents: string[], top_n?} ->
 * {id, results: [{index, relevance_score}], meta}, best first; `GET /v1/models`, `/health` and
 * `/metrics` (Prometheus text). Bodies up to 4 MiB, 1 to 1,000 documents. Errors are {message}:
 * 400 bad request, 404, 405, 413, 500 a bug of ours.
 */
export function createEmbeddedOrigin(reranker: Reranker): Server {
  let requests = 0;
  let documents = 0;

  async function rerank(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests += 1;
    const body = await readBody(request);
    if (body === null) {
      return answer(response, 413, { message: `The body is over ${maxBodyBytes} bytes.` });
    }
    const asked = readRequest(body);
    if ("problem" in asked) return answer(response, 400, { message: asked.problem });
    documents += asked.documents.length;
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const scores = await reranker.score(asked.query, asked.documents, gone.signal);
    return answer(response, 200, writeAnswer(scores, asked.topN));
  }

  const metrics = () =>
    [
      "# HELP embedded_rerank_requests_total Rerank requests received.",
      "# TYPE embedded_rerank_requests_total counter",
      `embedded_rerank_requests_total ${requests}`,
      "# HELP embedded_rerank_documents_total Documents of valid rerank requests.",
      "# TYPE embedded_rerank_documents_total counter",
      `embedded_rerank_documents_total ${documents}`,
      "# HELP embedded_documents_embedded_total Documents embedded because they were not known.",
      "# TYPE embedded_documents_embedded_total counter",
      `embedded_documents_embedded_total ${reranker.embeddedCount()}`,
      "",
    ].join("\n");

  const readable = new Map<string, () => object | string>([
    ["/health", () => ({ status: "ok" })],
    ["/metrics", metrics],
    ["/v1/models", () => ({ object: "list", data: [{ id: "theme-ranker", object: "model" }] })],
  ]);

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const read = readable.get(path);
    if (read === undefined && path !== "/v1/rerank") {
      return answer(response, 404, { message: "There is nothing at this path." });
    }
    const method = read === undefined ? "POST" : "GET";
    if (request.method !== method) {
      response.setHeader("allow", method);
      return answer(response, 405, { message: `This path takes ${method} only.` });
    }
    return read === undefined ? rerank(request, response) : answer(response, 200, read());
  }

  return createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    route(request, response).catch((error: unknown) => {
      // The client left half-way: there is nobody to answer and nothing to repair.
      if (response.destroyed || request.errored !== null) return;
      // The name alone: a message may quote the request.
      process.stderr.write(`embedded origin: ${error instanceof Error ? error.name : "error"}\n`);
      answer(response, 500, { message: "Internal error" });
    });
  });
}
