// One server for all files of the suite, and a loopback address at which a test stops, freezes or restarts it.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { startVllm } from "./server.ts";
import type { SharedAddress } from "./shared-server.ts";

const apiKey = "the suite's key";

declare module "vitest" {
  interface ProvidedContext {
    vllmServer: SharedAddress;
  }
}

export default async function startShared(project: TestProject): Promise<() => Promise<void>> {
  const vllm = await startVllm({ preset: "qwen2.5-coder-1.5b.cpu", apiKey });
  const actions: Readonly<Record<string, () => unknown>> = {
    "/state": () => ({ pid: vllm.pid, enginePids: vllm.enginePids }),
    "/log": () => vllm.log(),
    "/stop": () => vllm.stop(),
    "/kill": () => vllm.kill(),
    "/freeze": () => vllm.freeze(),
    "/thaw": () => vllm.thaw(),
    "/restart": () => vllm.restart(),
  };
  const control = createServer((request, response) => {
    void (async () => {
      const result = await actions[request.url ?? ""]?.();
      response.end(JSON.stringify(result ?? null));
    })().catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => control.listen(0, "127.0.0.1", resolve));
  const { port } = control.address() as AddressInfo;
  project.provide("vllmServer", {
    url: vllm.url,
    port: vllm.port,
    apiKey,
    controlUrl: `http://127.0.0.1:${port}`,
  });
  return async () => {
    control.close();
    control.closeAllConnections();
    await vllm.stop();
  };
}
