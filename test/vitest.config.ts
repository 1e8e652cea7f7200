// Two projects: what runs in the Worker is tested in workerd, the stack around it in Node.
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import "./support/end-of-process.ts";

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    silent: "passed-only",
    projects: [
      {
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                CACHE_PEPPER: "a secret of the tests",
                ORIGIN_BASE_URL: inject("vllm"),
                GEMINI_API_KEY: "a-key",
                GEMINI_BASE_URL: inject("gemini"),
                // An isolate remembers outages, and a file is one isolate: breaker.test.ts and faults/ alone set auto.
                BREAKER: "closed",
              },
            },
          })),
        ],
        test: {
          name: "contract",
          include: ["test/contract/**/*.test.ts", "test/faults/pool/**/*.test.ts"],
          globalSetup: "./test/support/fakes-for-workerd.ts",
          setupFiles: "./test/support/load-sdk.ts",
          // The files share the fakes, their fault switches and their records.
          fileParallelism: false,
          testTimeout: 60_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: { CACHE_PEPPER: "a secret of the tests" } },
          }),
        ],
        test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 60_000 },
      },
      {
        test: {
          name: "node",
          include: [
            "test/*.test.ts",
            "test/support/*.test.ts",
            "test/simulation/*.test.ts",
            "test/playground/*.test.ts",
            "test/presets/**/*.test.ts",
            "test/gpu-origin/**/*.test.ts",
            "test/start/**/*.test.ts",
            "test/keys/**/*.test.ts",
            "test/deploy/**/*.test.ts",
            "test/supply-chain/**/*.test.ts",
            "test/embedded/**/*.test.ts",
            "test/client/**/*.test.ts",
            "test/e2e/**/*.test.ts",
            "test/faults/dev/**/*.test.ts",
            "test/eval/**/*.test.ts",
            "test/soak/**/*.test.ts",
            "test/observability/**/*.test.ts",
            "test/bench/**/*.test.ts",
          ],
          testTimeout: 60_000,
          hookTimeout: 90_000,
        },
      },
    ],
  },
});
