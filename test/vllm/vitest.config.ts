// The suite on a real vLLM: in Node, file after file, against one server. Run by main.ts.
import { defineConfig } from "vitest/config";
import "../support/end-of-process.ts";

export default defineConfig({
  root: new URL("../..", import.meta.url).pathname,
  test: {
    name: "vllm",
    include: ["test/vllm/*.test.ts"],
    globalSetup: "test/vllm/global-setup.ts",
    fileParallelism: false,
    // A hundred new prompts take a minute on two cores, and longer where these are slow.
    testTimeout: 300_000,
    // A restart waits until the server ranks again.
    hookTimeout: 320_000,
    teardownTimeout: 60_000,
  },
});
