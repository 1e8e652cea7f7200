// Starts the fake upstreams in Node and tells the tests in workerd where they listen.
import type { TestProject } from "vitest/node";
import { startFakeGemini } from "./fake-gemini.ts";
import { startFakeVllm } from "./fake-vllm.ts";
import { startFaultProxy } from "./fault-proxy.ts";
import { Notes } from "./notes.ts";

export default async function startFakes(project: TestProject): Promise<() => Promise<void>> {
  const vllm = await startFakeVllm();
  const llamaServer = await startFakeVllm({ shape: "llama-server" });
  const gemini = await startFakeGemini({ unknownModels: ["gemini-gone"] });
  const refused = await startFakeVllm();
  await refused.stop();
  const vllmProxy = await startFaultProxy(vllm.port);
  const geminiProxy = await startFaultProxy(gemini.port);
  const notes = await new Notes().start();
  project.provide("notes", notes.baseUrl);
  project.provide("vllm", vllm.url);
  project.provide("llamaServer", llamaServer.url);
  project.provide("gemini", gemini.url);
  project.provide("vllmProxy", {
    url: `${vllmProxy.baseUrl}/v1`,
    control: vllmProxy.controlUrl,
  });
  project.provide("geminiProxy", { url: geminiProxy.baseUrl, control: geminiProxy.controlUrl });
  project.provide("refusedPort", refused.port);
  return async () => {
    notes.print();
    const started = [vllmProxy, geminiProxy, vllm, llamaServer, gemini, notes];
    await Promise.all(started.map((each) => each.close()));
  };
}
