// Starts the embedded origin: `node main.ts [--port N]`, on the loopback interface only.
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import life from "../../gateway/samples/life.json" with { type: "json" };
import { loadEmbedder } from "./embedder.ts";
import { createReranker } from "./reranker.ts";
import { createEmbeddedOrigin } from "./server.ts";

const host = "127.0.0.1";
const defaultPort = "8790";

/** Says in one line why there is no origin. */
function giveUp(reason: string): never {
  process.stderr.write(`embedded origin: ${reason.replaceAll(/\s+/g, " ")}\n`);
  process.exit(1);
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function readPort(): number {
  try {
    const { values } = parseArgs({ options: { port: { type: "string", default: defaultPort } } });
    if (/^\d{1,5}$/.test(values.port) && Number(values.port) <= 65_535) return Number(values.port);
  } catch (error) {
    return giveUp(messageOf(error));
  }
  return giveUp("--port must be a number from 0 (any free one) to 65535");
}

const port = readPort();
const embed = await loadEmbedder().catch((error: unknown) =>
  giveUp(`cannot load the model, run npm install again: ${messageOf(error)}`),
);
const reranker = createReranker(embed);
// The first request would pay for compiling the model's code and for embedding the sample catalogue.
const catalogue = life.map(({ label, description }) => `${label}: ${description}`);
await reranker.score("warm-up", catalogue, new AbortController().signal);
const server = createEmbeddedOrigin(reranker);

server.on("error", (error: NodeJS.ErrnoException) => {
  giveUp(error.code === "EADDRINUSE" ? `port ${port} is in use` : messageOf(error));
});
// What is under way is answered first; with the last connection closed nothing keeps the process.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => server.close());

server.listen(port, host, () => {
  const address = server.address() as AddressInfo;
  process.stdout.write(`embedded origin ready on http://${host}:${address.port}/v1\n`);
});
