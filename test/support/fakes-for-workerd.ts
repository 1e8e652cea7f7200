// Starts the fake upstreams in Node and tells the tests in workerd where they listen.
import type { TestProject } from "vitest/node";
import { startFakeGemini } from "./fake-gemini.ts";
import { startFakeVllm } from "./fake-vllm.ts";
import { Notes } from "./notes.ts";

export default async function startFakes(project: TestProject): Promise<() => Promise<void>> {
  const vllm = await startFakeVllm();
  const llamaServer = await startFakeVllm({ shape: "llama-server" });
  const gemini = await startFakeGemini({ unknownModels: ["gemini-gone"] });
  const refused = await startFakeVllm();
  await refused.stop();
  const notes = await new Notes().start();
  project.provide("notes", notes.baseUrl);
  project.provide("vllm", vllm.url);
  project.provide("llamaServer", llamaServer.url);
  project.provide("gemini", gemini.url);
  project.provide("refusedPort", refused.port);
  return async () => {
    notes.print();
    await Promise.all([vllm.close(), llamaServer.close(), gemini.close(), notes.close()]);
  };
}
