// Guarantees of the deploy's command line.
import { describe, expect, it } from "vitest";
import { CannotDeploy } from "../../gateway/deploy/cannot-deploy.ts";
import { readOptions } from "../../gateway/deploy/options.ts";

const version = "0dd604b7-9cc3-4e61-9ca5-ada2e10389f7";

describe("the command line", () => {
  it("is read with its defaults", () => {
    expect(readOptions([])).toEqual({
      command: "deploy",
      env: null,
      outputs: null,
      url: null,
      version: null,
      tenant: "default",
      holdMs: 60_000,
      settleMs: 90_000,
      allowDegraded: false,
      dryRun: false,
    });
  });

  it("is read with all that it may hold", () => {
    expect(readOptions(["rollback", version, "--env", "staging"])).toMatchObject({
      command: "rollback",
      env: "staging",
      version,
    });
    expect(
      readOptions(["smoke", "--url", "https://api.example/v1/", "--settle-s", "0"]),
    ).toMatchObject({
      command: "smoke",
      url: "https://api.example",
      settleMs: 0,
    });
    expect(readOptions(["--help"]).command).toBe("help");
    expect(readOptions(["smoke", "--help"]).command).toBe("help");
  });

  it.each([
    [["undeploy"]],
    [["deploy", version]],
    [["rollback", "yesterday"]],
    [["rollback", version, version]],
    [["smoke"]],
    [["--url", "api.example"]],
    [["--tenant", "A B"]],
    [["--hold-s", "1.5"]],
    [["--hold-s", "-1"]],
    [["--settle-s", "soon"]],
    [["--secret", "x"]],
  ])("is refused with a word why: %j", (args) => {
    expect(() => readOptions(args)).toThrow(CannotDeploy);
  });
});
