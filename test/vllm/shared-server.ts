// The suite's one vLLM as a test file sees it.
import { inject } from "vitest";
import { readMetrics } from "./server.ts";

export interface SharedAddress {
  /** `http://127.0.0.1:PORT/v1` */
  readonly url: string;
  readonly port: number;
  readonly apiKey: string;
  readonly controlUrl: string;
}

/** As `Vllm` in server.ts; whoever stops, kills or freezes it puts it right again before the next test. */
export function sharedServer() {
  const { url, port, apiKey, controlUrl } = inject("vllmServer");
  const control = async <T = null>(action: string): Promise<T> => {
    const response = await fetch(`${controlUrl}/${action}`, { method: "POST" });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as T;
  };
  return {
    url,
    port,
    apiKey,
    state: () => control<{ pid: number; enginePids: number[] }>("state"),
    metrics: () => readMetrics(port),
    log: () => control<string>("log"),
    stop: () => control("stop"),
    kill: () => control("kill"),
    freeze: () => control("freeze"),
    thaw: () => control("thaw"),
    restart: () => control("restart"),
  };
}
