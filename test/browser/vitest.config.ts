// The playground in a real browser: in Node, file after file, each with a stack of its own. Run by main.ts.
import { defineConfig } from "vitest/config";
import "../support/end-of-process.ts";

export default defineConfig({
  root: new URL("../..", import.meta.url).pathname,
  test: {
    name: "browser",
    include: ["test/browser/*.test.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
