// Loopback ports.
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { assertFree, freePort } from "../../gateway/start/port.ts";

describe("a port", () => {
  it("that is found free can be listened on", async () => {
    const port = await freePort();
    await assertFree(port);
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    server.close();
  });

  it("that is in use is refused, with the next one as advice", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await expect(assertFree(port)).rejects.toThrow(
      `Port ${port} is in use. Choose another: npm start -- --port ${port + 1}`,
    );
    server.close();
  });
});
