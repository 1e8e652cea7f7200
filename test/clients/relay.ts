// A relay before the gateway that can refuse as the gateway does, with a shorter wait, and tells who came when.
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** The gateway asks a key that has spent its minute to wait for one; the suite has not that long. */
export const retryAfterSeconds = 2;

/** One request as the relay saw it. */
export interface Visit {
  readonly path: string;
  readonly atMs: number;
  readonly status: number;
}

/**
 * `PUT /__relay?refuse=N`: the next N requests get the refusal; forgets visits. `GET /__relay`: the visits.
 * @param refusal the gateway's own 429
 */
export async function startRelay(gateway: string, refusal: Response) {
  const refusalBody = await refusal.text();
  const refusalHeaders = headersOf(refusal);
  let refuse = 0;
  let visits: Visit[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? "/", gateway);
      if (url.pathname === "/__relay") {
        if (request.method === "PUT") {
          refuse = Number(url.searchParams.get("refuse"));
          visits = [];
        }
        response.end(JSON.stringify(visits));
        return;
      }
      const atMs = Date.now();
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      if (refuse > 0) {
        refuse -= 1;
        visits.push({ path: url.pathname, atMs, status: 429 });
        const headers = { ...refusalHeaders, "retry-after": String(retryAfterSeconds) };
        response.writeHead(429, headers).end(refusalBody);
        return;
      }
      const { host: _, connection: _1, "content-length": _2, ...headers } = request.headers;
      const answer = await fetch(url, {
        method: request.method ?? "GET",
        headers: headers as Record<string, string>,
        body: Buffer.concat(parts),
      });
      const body = Buffer.from(await answer.arrayBuffer());
      visits.push({ path: url.pathname, atMs, status: answer.status });
      response.writeHead(answer.status, headersOf(answer)).end(body);
    })().catch((error: unknown) => response.writeHead(502).end(String(error)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Without those that speak of the connection and of how the body was packed. */
function headersOf(answer: Response): Record<string, string> {
  const own = new Set(["connection", "content-encoding", "content-length", "transfer-encoding"]);
  return Object.fromEntries([...answer.headers].filter(([name]) => !own.has(name)));
}
