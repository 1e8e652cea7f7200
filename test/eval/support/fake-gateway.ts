// A loopback server with the shape of /v1/rank, around any function that scores.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { EvalTheme } from "../dataset.ts";

export interface Scored {
  readonly score: number;
  readonly confidence: number | null;
}

/** Scores for the themes, in their order; a number is a status to answer with instead. */
export type Score = (text: string, themes: readonly EvalTheme[]) => readonly Scored[] | number;

export interface FakeGateway {
  readonly url: string;
  /** Texts in the order they came. */
  readonly asked: string[];
  score: Score;
  close(): Promise<void>;
}

export async function fakeGateway(score: Score): Promise<FakeGateway> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        text: string;
        themes: EvalTheme[];
      };
      gateway.asked.push(body.text);
      const scored = gateway.score(body.text, body.themes);
      if (typeof scored === "number") {
        response.writeHead(scored, { "retry-after": "0" }).end("{}");
        return;
      }
      const themes = body.themes
        .map((theme, index) => ({ ...theme, ...scored[index] }))
        .toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0))
        .map((theme, index) => ({ ...theme, rank: index + 1 }));
      const usage = { prompt_tokens: 10, completion_tokens: 1, cost_usd: 0.001 };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ themes, source: "origin", model: "fake", usage }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const gateway: FakeGateway = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    score,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return gateway;
}
