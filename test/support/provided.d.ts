// What the fakes tell the tests in workerd.
import "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    /** Base URLs, with the version where the API has one in it. */
    vllm: string;
    llamaServer: string;
    gemini: string;
    /** The fault proxies before `vllm` and `gemini`: where they pass things on, where they are steered. */
    vllmProxy: { url: string; control: string };
    geminiProxy: { url: string; control: string };
    /** What is posted here is printed when all have run. */
    notes: string;
    /** A loopback port on which nothing listens. */
    refusedPort: number;
  }
}
