// Which setting reaches the gateway, and what --persist keeps: in a copy of the checkout.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFakeVllm, type FakeVllm } from "../support/fake-vllm.ts";
import { ask, startStack } from "../support/stack.ts";
import { copyCheckout, type Checkout } from "./checkout.ts";

interface Status {
  readonly rankers: readonly { source: string; model: string }[];
}
interface Answer {
  readonly source: string;
  readonly model: string;
  readonly cache: { status: string };
}

let checkout: Checkout;
let vllm: FakeVllm;

beforeAll(async () => {
  checkout = copyCheckout();
  vllm = await startFakeVllm();
});
afterAll(async () => {
  await vllm.close();
  checkout[Symbol.dispose]();
});

const request = { text: "Too many bills this month.", themes: ["Money", "Travel"] };

describe("npm start in a checkout with settings of its own", () => {
  it("takes the environment over .dev.vars over wrangler.toml over what it makes up", async () => {
    checkout.write(
      "wrangler.toml",
      `name = "themerank"
      main = "gateway/index.ts"
      compatibility_date = "2026-11-15"
      kv_namespaces = [{ binding = "CACHE" }]
      [vars]
      AUTH_MODE = "open"
      ORIGIN_BASE_URL = "${vllm.url}"
      ORIGIN_MODEL_VERSION = "of-wrangler-toml"
      GEMINI_MODELS = "of-wrangler-toml"
      `,
    );
    checkout.write(
      ".dev.vars",
      "ORIGIN_MODEL_VERSION=of-dev-vars\nGEMINI_MODELS=of-dev-vars\nGEMINI_API_KEY=a-key\n",
    );
    const settings = { ORIGIN_MODEL_VERSION: "of-the-environment" };
    const stack = await startStack([], settings, checkout.folder);
    expect(stack.output()).not.toContain("The origin is embedded");
    const status = (await (await fetch(`${stack.url}/v1/status`)).json()) as Status;
    const ranked = await ask<Answer>(stack.url, "/v1/rank", request);
    await stack.stop();
    expect(status.rankers).toMatchObject([
      { source: "origin", model: "of-the-environment" },
      { source: "gemini", model: "of-dev-vars" },
      { source: "lexical" },
    ]);
    // It is the origin of wrangler.toml that was asked.
    expect(ranked).toMatchObject({ source: "origin", model: "of-the-environment" });
  });

  it("keeps a ranking over a restart with --persist, and only then", async () => {
    const rankedIn = async (...flags: readonly string[]) => {
      const stack = await startStack(["--origin", vllm.url, ...flags], {}, checkout.folder);
      const { cache } = await ask<Answer>(stack.url, "/v1/rank", request);
      // What was ranked is written after the answer; a repeat shows that it is.
      await expect
        .poll(async () => (await ask<Answer>(stack.url, "/v1/rank", request)).cache.status)
        .toBe("hit");
      await stack.stop();
      return cache.status;
    };
    expect(await rankedIn("--persist")).toBe("miss");
    expect(await rankedIn()).toBe("miss");
    expect(await rankedIn("--persist")).toBe("hit");
  });
});
