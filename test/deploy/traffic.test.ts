// Guarantees of where a failed roll-out and a rollback lead.
import { describe, expect, it } from "vitest";
import { CannotDeploy } from "../../gateway/deploy/cannot-deploy.ts";
import { stableVersion, versionBefore, type Deployment } from "../../gateway/deploy/traffic.ts";

/** Deployments, the newest first; each a split by version. */
function history(...splits: readonly Readonly<Record<string, number>>[]): Deployment[] {
  return splits.map((split, at) => ({
    created_on: `2026-01-0${9 - at}T00:00:00Z`,
    versions: Object.entries(split).map(([id, percentage]) => ({ version_id: id, percentage })),
  }));
}

describe("a failed roll-out", () => {
  it("leads to the version that had all traffic last", () => {
    expect(stableVersion(history({ b: 100 }, { a: 100 }))).toBe("b");
    expect(stableVersion(history({ b: 50, c: 50 }, { b: 90, c: 10 }, { b: 100 }, { a: 100 }))).toBe(
      "b",
    );
  });

  it("is not begun where none had", () => {
    expect(() => stableVersion(history({ a: 50, b: 50 }))).toThrow(CannotDeploy);
  });
});

describe("a rollback", () => {
  it.each([
    ["after a whole deploy", history({ b: 100 }, { a: 100 }), "a"],
    ["after a roll-out", history({ b: 100 }, { a: 50, b: 50 }, { a: 100, b: 0 }, { a: 100 }), "a"],
    [
      "in the midst of a roll-out",
      history({ b: 90, c: 10 }, { b: 100, c: 0 }, { b: 100 }, { a: 100 }),
      "b",
    ],
    ["of a version that smokes at 0 %", history({ b: 100, c: 0 }, { b: 100 }, { a: 100 }), "b"],
    ["of the same version deployed twice", history({ b: 100 }, { b: 100 }, { a: 100 }), "a"],
    ["of a rollback", history({ a: 100 }, { b: 100 }, { a: 100 }), "b"],
  ])("%s leads to the version before", (_, deployments, version) => {
    expect(versionBefore(deployments)).toBe(version);
  });

  it("is refused where there is nothing before", () => {
    expect(() => versionBefore(history({ a: 100 }))).toThrow("no earlier version");
    expect(() => versionBefore([])).toThrow(CannotDeploy);
  });
});
