// The vendors' clients against one running gateway: in Node. Run by main.ts.
import { defineConfig } from "vitest/config";
import "../support/end-of-process.ts";

export default defineConfig({
  root: new URL("../..", import.meta.url).pathname,
  test: {
    name: "clients",
    include: ["test/clients/*.test.ts"],
    globalSetup: "test/clients/global-setup.ts",
    // They share the gateway, and the relay before it.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
