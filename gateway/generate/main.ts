// `npm run generate`: writes what is made from the schemas; with --check it only says whether it is up to date.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openApiDocument } from "../edge/document.ts";
import { clientTypes } from "./client-types.ts";

const file = fileURLToPath(new URL("../client/api.ts", import.meta.url));
const source = formatted(await clientTypes(openApiDocument("0")));

if (!process.argv.includes("--check")) writeFileSync(file, source);
else if (readFileSync(file, "utf8") !== source) {
  console.error("gateway/client/api.ts does not match the schemas: npm run generate");
  process.exitCode = 1;
}

/** As `npm run format` would leave it. */
function formatted(text: string): string {
  const { status, stdout, stderr } = spawnSync("oxfmt", ["--stdin-filepath", file], {
    input: text,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`oxfmt: ${stderr}`);
  return stdout;
}
