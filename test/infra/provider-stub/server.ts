// Stands in for a provider whose binary cannot be had: knows its schema, and nothing of what the provider would do.
import { readFileSync } from "node:fs";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { providerSchema, refusal, serving } from "./message.ts";
import type { ProviderSchema } from "./schema.ts";

export interface Stub {
  /** What Terraform finds it by, an entry of TF_REATTACH_PROVIDERS. */
  readonly reattach: Readonly<Record<string, object>>;
  close(): void;
}

const empty = Buffer.alloc(0);
const statusUnimplemented = "12";

/** Serves `<name>.json` of this folder as the provider `address`, "registry.terraform.io/cloudflare/cloudflare". */
export async function startStub(name: string, address: string): Promise<Stub> {
  const text = readFileSync(new URL(`${name}.json`, import.meta.url), "utf8");
  const schema = providerSchema(JSON.parse(text) as ProviderSchema);
  const server = createServer();
  server.on("stream", (stream, headers) => {
    const method = (headers[":path"] ?? "").split("/").at(-1) ?? "";
    answer(stream, bodyOf(method, schema));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const reattach = {
    Protocol: "grpc",
    ProtocolVersion: 6,
    Pid: process.pid,
    // Terraform must not end this process with its own.
    Test: true,
    Addr: { Network: "tcp", String: `127.0.0.1:${port}` },
  };
  return { reattach: { [address]: reattach }, close: () => server.close() };
}

/** Validation finds nothing: Terraform itself has by then held the configuration against the schema. */
function bodyOf(method: string, schema: Buffer): Buffer | null {
  if (method === "GetProviderSchema") return schema;
  if (/^Validate|^ConfigureProvider$|^StopProvider$/.test(method)) return empty;
  if (method === "Check") return serving;
  return /^(Read|Plan|Apply|Upgrade|Import)/.test(method) ? refusal(method) : null;
}

/** A unary gRPC answer: one message, then the status as a trailer. */
function answer(stream: ServerHttp2Stream, body: Buffer | null): void {
  const headers = { ":status": 200, "content-type": "application/grpc" };
  stream.on("error", () => undefined);
  if (body === null) {
    stream.respond({ ...headers, "grpc-status": statusUnimplemented }, { endStream: true });
    return;
  }
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.respond(headers, { waitForTrailers: true });
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.length, 1);
  stream.end(Buffer.concat([prefix, body]));
}
