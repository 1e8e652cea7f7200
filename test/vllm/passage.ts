// A TCP passage to a server that tells when a whole request has gone through, so that it can be cut short.
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";

export interface Passage {
  /** `http://127.0.0.1:PORT/v1` */
  readonly url: string;
  /** Resolves when a ranking's headers and body are with the server, which has not answered yet. */
  readonly requestPassed: Promise<void>;
  close(): Promise<void>;
}

export async function openPassage(port: number): Promise<Passage> {
  const { promise: requestPassed, resolve } = Promise.withResolvers<void>();
  const server = createServer((caller) => {
    const target = connect(port, "127.0.0.1");
    let seen = Buffer.alloc(0);
    caller.on("data", (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      const sent = seen.length;
      target.write(chunk, () => {
        if (sent >= lengthOf(seen)) resolve();
      });
    });
    target.pipe(caller);
    for (const [one, other] of [
      [caller, target],
      [target, caller],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requestPassed,
    async close() {
      server.close();
      await once(server, "close");
    },
  };
}

/** Bytes of the whole request; without end until its headers are there. */
function lengthOf(request: Buffer): number {
  const end = request.indexOf("\r\n\r\n");
  const length = /content-length: (\d+)/i.exec(
    request.subarray(0, Math.max(0, end)).toString(),
  )?.[1];
  return end < 0 || length === undefined ? Infinity : end + 4 + Number(length);
}
