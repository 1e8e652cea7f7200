// `npm run keys` and a gateway that asks for keys, on one local state.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { copyCheckout } from "../start/checkout.ts";
import { described } from "../support/document-check.ts";
import { startStack } from "../support/stack.ts";

const run = promisify(execFile);
const required = { AUTH_MODE: "required" };

describe("a key made on the command line", () => {
  it("ranks while the gateway runs, and no longer once it is revoked", async () => {
    using checkout = copyCheckout();
    const keys = async (...args: string[]) => {
      const script = join(checkout.folder, "gateway/keys/main.ts");
      const { stdout } = await run(process.execPath, [script, ...args]);
      return stdout.trim();
    };
    const start = () => startStack(["--persist", "--origin", "none"], required, checkout.folder);
    const rank = async (url: string, key: string) => {
      const response = await fetch(`${url}/v1/rank`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: JSON.stringify({ text: "The rent is late.", themes: ["Money", "Rent"] }),
      });
      await (await described("POST", `${url}/v1/rank`, response)).text();
      return response.status;
    };

    let stack = await start();
    const key = await keys("create", "--tenant", "acme");
    try {
      expect(await rank(stack.url, key)).toBe(200);
      expect(await rank(stack.url, `${key.slice(0, -1)}x`)).toBe(401);
      await keys("revoke", key.split("_")[2] ?? "");
    } finally {
      await stack.stop();
    }

    // A new isolate, so that the half minute of the old one's memory need not be waited for.
    stack = await start();
    try {
      expect(await rank(stack.url, key)).toBe(401);
    } finally {
      await stack.stop();
    }
    // Each command runs wrangler once or twice, on a busy machine for many seconds.
  }, 180_000);
});
