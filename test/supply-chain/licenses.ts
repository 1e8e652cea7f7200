// `npm run licenses`: the licence of every package, and whether each may be used.
import { isAllowed } from "./license-policy.ts";
import { lockedPackages } from "./lock-file.ts";

const packages = lockedPackages();
const byLicense = Map.groupBy(packages, ({ license }) => license || "(none)");
for (const [license, those] of [...byLicense].toSorted(([, a], [, b]) => b.length - a.length)) {
  console.log(`${license} (${those.length})`);
  for (const { name, version, installed } of those) {
    console.log(`  ${name} ${version}${installed ? "" : " (not installed here)"}`);
  }
}
const wrong = packages.filter(
  ({ name, license, lockedLicense }) => lockedLicense !== null || !isAllowed(name, license),
);
for (const { name, version, license, lockedLicense } of wrong) {
  const locked = lockedLicense === null ? "" : `, locked as ${lockedLicense || "(none)"}`;
  console.error(`not allowed: ${name} ${version}: ${license || "(none)"}${locked}`);
}
console.log(`licenses: ${packages.length} packages, ${wrong.length} not allowed`);
process.exitCode = wrong.length === 0 ? 0 : 1;
