// What `npm start` says when something that it needs is not there: a line, and no stack.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../support/ports.ts";
import { runToEnd } from "../support/stack.ts";
import { copyCheckout, type Checkout } from "./checkout.ts";

let checkout: Checkout;

beforeEach(() => {
  checkout = copyCheckout();
});
afterEach(() => checkout[Symbol.dispose]());

/** What it says, on a free port, when it ends by itself with exit code 1. */
async function complaint(...flags: readonly string[]): Promise<string> {
  const args = ["--port", String(await freePort()), ...flags];
  const { code, output } = await runToEnd(args, {}, checkout.folder);
  expect(code).toBe(1);
  expect(output).not.toMatch(/^\s+at /m);
  return output;
}

describe("npm start names what is missing", () => {
  it("a file that both children need", async () => {
    checkout.remove("gateway/samples/life.json");
    // Whichever of the two says it first.
    expect(await complaint()).toMatch(
      /^The (?:embedded origin|gateway) did not start.*(?:Cannot find module|Could not resolve) \S*life\.json/,
    );
  });

  it("a file that the gateway needs, and where", async () => {
    checkout.remove("gateway/pipeline.ts");
    expect(await complaint("--origin", "none")).toMatch(
      /^The gateway did not start: Could not resolve ".*\/pipeline\.ts" \(gateway\/\S+:\d+:\d+\)\n$/,
    );
  });

  it("a file that it needs itself", async () => {
    checkout.remove("gateway/samples/texts.json");
    expect(await complaint()).toMatch(
      /^Cannot find module '\S*texts\.json' imported from \S+\.\n$/,
    );
  });

  it.each(["zod", "smol-toml"])("a package, and what to run: %s", async (name) => {
    checkout.remove(`node_modules/${name}`);
    expect(await complaint()).toBe(`A dependency is missing, ${name}: run npm install first.\n`);
  });

  it("wrangler, and what to run", async () => {
    checkout.remove("node_modules/wrangler");
    expect(await complaint()).toBe("Dependencies are missing: run npm install first.\n");
  });

  it("what is wrong with wrangler.toml, and where", async () => {
    checkout.write("wrangler.toml", 'name = "themerank"\n[vars\nAUTH_MODE = "open"\n');
    expect(await complaint()).toMatch(/wrangler\.toml:2:\d+: Invalid TOML document: [^\n]+\n$/);
  });

  it("a setting of wrangler.toml that wrangler refuses", async () => {
    checkout.write("wrangler.toml", 'name = "themerank"\nmain = 5\n');
    expect(await complaint("--origin", "none")).toMatch(
      /^The gateway did not start.*: Expected "main" to be of type string but got 5\.\n$/,
    );
  });
});
