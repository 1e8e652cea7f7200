// A loopback port on which nothing listens: for a refused connection, or for a server yet to start.
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

/** @returns a TCP port of 127.0.0.1 that was free a moment ago; nothing holds it any longer */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
