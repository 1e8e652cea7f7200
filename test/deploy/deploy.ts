// The real `npm run deploy` script, in a copy of the checkout, against the loopback Cloudflare.
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Checkout } from "../start/checkout.ts";
import type { FakeCloudflare } from "../support/fake-cloudflare.ts";

export interface Deployed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The script with its real wrangler; each run is another, and each takes seconds on a busy machine. */
export const timeoutMs = 240_000;

/** @param settings what the person has in the environment, beside the way to Cloudflare */
export async function deploy(
  checkout: Checkout,
  cloudflare: FakeCloudflare,
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Deployed> {
  const { PATH, HOME } = process.env;
  const child = spawn(
    process.execPath,
    [join(checkout.folder, "gateway/deploy/main.ts"), ...args],
    {
      env: { PATH, HOME, ...cloudflare.environment, ...settings },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout, stderr };
}

/** Flags that keep a test short: the fake answers at its own address, and at once. */
export function quickly({ baseUrl }: FakeCloudflare): readonly string[] {
  return ["--url", baseUrl, "--settle-s", "3", "--hold-s", "0"];
}
