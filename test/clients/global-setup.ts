// One gateway for the suite, which asks for keys, with a fake origin behind it and a relay before it.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { copyCheckout } from "../start/checkout.ts";
import { startFakeVllm } from "../support/fake-vllm.ts";
import { startStack } from "../support/stack.ts";
import { startRelay } from "./relay.ts";

const run = promisify(execFile);

declare module "vitest" {
  interface ProvidedContext {
    /** Where the clients ask: the relay, and behind it the gateway. */
    relay: string;
    /** A valid API key. */
    key: string;
  }
}

export default async function startGateway(project: TestProject): Promise<() => Promise<void>> {
  const checkout = copyCheckout();
  const vllm = await startFakeVllm();
  const createKey = async (tenant: string) => {
    const script = join(checkout.folder, "gateway/keys/main.ts");
    const { stdout } = await run(process.execPath, [script, "create", "--tenant", tenant]);
    return stdout.trim();
  };
  const spent = await createKey("spent");
  const settings = { AUTH_MODE: "required" };
  const stack = await startStack(["--persist", "--origin", vllm.url], settings, checkout.folder);
  const relay = await startRelay(stack.url, await refusalOf(stack.url, spent));
  project.provide("relay", relay.url);
  project.provide("key", await createKey("clients"));
  return async () => {
    await relay.close();
    await stack.stop();
    await vllm.close();
    checkout[Symbol.dispose]();
  };
}

/** The gateway's own 429: what it tells a key that has spent its minute. */
async function refusalOf(url: string, key: string): Promise<Response> {
  const ask = () =>
    fetch(`${url}/rerank`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: "{}",
    });
  // One minute's 60, and the next minute's if it begins meanwhile.
  for (let count = 0; count < 121; count += 1) {
    // oxlint-disable-next-line no-await-in-loop -- until it is refused
    const answer = await ask();
    if (answer.status === 429) return answer;
    // oxlint-disable-next-line no-await-in-loop -- as above
    await answer.text();
  }
  throw new Error("the gateway lets 121 requests of one key pass in a minute");
}
