// What may be installed: licences, install scripts, and what an audit may say.
import { describe, expect, it } from "vitest";
import { seriousFindings } from "./audit-report.ts";
import { isAllowed } from "./license-policy.ts";
import { allowedScripts, lockedPackages, scriptsAreStrict } from "./lock-file.ts";

describe("a licence", () => {
  it.each([
    ["hono", "MIT"],
    ["wrangler", "MIT OR Apache-2.0"],
    ["some", "(MIT OR GPL-3.0-only)"],
    ["some", "MIT AND ISC"],
    ["@img/sharp-wasm32", "Apache-2.0 AND LGPL-3.0-or-later AND MIT"],
    ["lightningcss-linux-x64-gnu", "MPL-2.0"],
  ])("lets %s in with %s", (name, license) => {
    expect(isAllowed(name, license)).toBe(true);
  });

  it.each([
    ["some", ""],
    ["some", "GPL-3.0-only"],
    ["some", "MIT AND AGPL-3.0-only"],
    ["some", "SEE LICENSE IN LICENSE"],
    ["some", "MPL-2.0"],
    ["not-lightningcss", "MPL-2.0"],
    ["lightningcss", "GPL-3.0-only"],
    ["some", "MIT AND (ISC OR GPL-3.0-only)"],
  ])("keeps %s out with %j", (name, license) => {
    expect(isAllowed(name, license)).toBe(false);
  });
});

describe("the packages of the lock file", () => {
  const packages = lockedPackages();

  it("are many, and each has a licence that is allowed", () => {
    expect(packages.length).toBeGreaterThan(100);
    expect(packages.filter(({ installed }) => installed).length).toBeGreaterThan(50);
    const wrong = packages.filter(({ name, license }) => !isAllowed(name, license));
    expect(wrong.map(({ name, license }) => `${name}: ${license}`)).toEqual([]);
    expect(packages.filter(({ lockedLicense }) => lockedLicense !== null)).toEqual([]);
  });

  it("run an install script only where package.json allows it, and npm refuses any other", () => {
    const scripted = packages.filter(({ hasInstallScript }) => hasInstallScript);
    const names = new Set(scripted.map(({ name }) => name));
    expect([...names].toSorted()).toEqual(allowedScripts().toSorted());
    expect(scriptsAreStrict()).toBe(true);
  });
});

describe("an audit", () => {
  const report = (vulnerabilities: object) =>
    JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: {} });

  it("tells high and critical findings, and no lesser ones", () => {
    const found = {
      a: { severity: "moderate" },
      b: { severity: "high" },
      c: { severity: "critical" },
    };
    expect(seriousFindings(report(found))).toEqual(["b: high", "c: critical"]);
    expect(seriousFindings(report({}))).toEqual([]);
  });

  it.each(["", "not json", '{"message":"405 Method Not Allowed","statusCode":405}', "{}"])(
    "that says %j was not run",
    (output) => {
      expect(seriousFindings(output)).toBeNull();
    },
  );
});
