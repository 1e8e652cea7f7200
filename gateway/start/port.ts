// Loopback ports: whether one is free, and one that is.
import { createServer, type AddressInfo } from "node:net";
import { CannotStart } from "./cannot-start.ts";

/** @throws CannotStart when the port is in use or may not be opened */
export async function assertFree(port: number): Promise<void> {
  try {
    await openOnce(port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "is in use" : `cannot be opened (${code})`;
    const other = port === 65_535 ? 8_787 : port + 1;
    throw new CannotStart(`Port ${port} ${why}. Choose another: npm start -- --port ${other}`);
  }
}

/** A port nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return openOnce(0);
}

function openOnce(port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once("error", reject);
  server.listen(port, "127.0.0.1", () => {
    const { port: opened } = server.address() as AddressInfo;
    server.close(() => resolve(opened));
  });
  return promise;
}
