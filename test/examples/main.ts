// `npm run generate:examples`: records the examples of the OpenAPI document.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { recordExamples } from "./record.ts";

const file = fileURLToPath(new URL("../../gateway/edge/examples.json", import.meta.url));
writeFileSync(file, `${JSON.stringify(await recordExamples(), null, 2)}\n`);
