// Of a vitest JSON report: "PASSED FAILED" on standard output, the failed tests' names on the other.
//   node .ci/failures.cjs REPORT SUITE
const { readFileSync } = require("node:fs");

const [file, suite] = process.argv.slice(2);
const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, "utf8"));
for (const { name, message, assertionResults } of testResults) {
  if (message) console.error(`FAILED: ${suite}: ${name}: ${firstLine(message)}`);
  for (const { fullName, status, failureMessages } of assertionResults)
    if (status === "failed")
      console.error(`FAILED: ${suite}: ${name}: ${fullName}: ${firstLine(failureMessages?.[0])}`);
}
console.log(numPassedTests, numFailedTests);

function firstLine(text = "") {
  return text.split("\n")[0].slice(0, 300);
}
