// Lints the OpenAPI document as the gateway serves it: no errors, no warnings.
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { createTestHarness } from "wrangler";

// Else it asks a host outside for request metadata.
process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
const server = createTestHarness({ workers: [{ configPath: "wrangler.toml" }] });
await server.listen();
const document = await (await server.fetch("/openapi.json")).text();
await server.close();

const config = await createConfig({ extends: ["recommended"] });
const problems = await lintFromString({ source: document, absoluteRef: "openapi.json", config });
for (const { severity, ruleId, message, location } of problems) {
  console.error(
    `${severity} ${ruleId}: ${message} (${location.map(({ pointer }) => pointer).join(", ")})`,
  );
}
console.log(`openapi.json: ${document.length} bytes, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
