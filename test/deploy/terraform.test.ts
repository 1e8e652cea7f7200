// Guarantees of Terraform's outputs as a file: read strictly, and a fault is named without its value.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CannotDeploy } from "../../gateway/deploy/cannot-deploy.ts";
import { readOutputs } from "../../gateway/deploy/terraform.ts";

const whole = { account_id: "a", worker_name: "w", kv: { CACHE: "c", STATE: "s" } };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "outputs-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string) {
  const file = join(folder, "outputs.json");
  writeFileSync(file, text);
  return readOutputs("staging", file);
}

describe("Terraform's outputs", () => {
  it("may leave out routes, variables and secrets", async () => {
    expect(await read(JSON.stringify(whole))).toEqual({
      ...whole,
      routes: [],
      vars: {},
      secrets: [],
    });
  });

  it.each([
    [{ ...whole, kv: undefined }, "wrangler.kv "],
    [{ ...whole, kv: { CACHE: 7 } }, "wrangler.kv.CACHE "],
    [{ ...whole, vars: { AUTH_MODE: null } }, "wrangler.vars.AUTH_MODE "],
  ])("are refused with the name of what is wrong: %j", async (outputs, name) => {
    await expect(read(JSON.stringify(outputs))).rejects.toThrow(`Terraform's output ${name}`);
  });

  it("are refused where they are no JSON, or not there", async () => {
    await expect(read("no")).rejects.toThrow(CannotDeploy);
    await expect(readOutputs("staging", join(folder, "none.json"))).rejects.toThrow(CannotDeploy);
    await expect(readOutputs("nowhere", null)).rejects.toThrow(
      "no folder infra/environments/nowhere",
    );
  });
});
