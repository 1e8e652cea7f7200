// The client's types, from the schemas of the OpenAPI document.
import { compile } from "json-schema-to-typescript";
import type { OpenApiDocument } from "../edge/document.ts";

const banner = `// What goes over the wire, generated from the OpenAPI document by \`npm run generate\`. Do not edit.
/* oxlint-disable */`;

/** Limits and examples belong to the reference; as types and comments they would be noise. */
const leftOut = new Set([
  "minItems",
  "maxItems",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "pattern",
  "format",
  "example",
  "examples",
  "default",
]);

/** The TypeScript source of one type for each schema of the document. */
export async function clientTypes(document: OpenApiDocument): Promise<string> {
  const definitions = plain(document.components?.schemas ?? {}, true);
  const source = await compile({ definitions } as never, root, {
    additionalProperties: false,
    bannerComment: banner,
    format: false,
    unreachableDefinitions: true,
  });
  return source
    .replace(rootType, "")
    .replaceAll(backReference, "")
    .replaceAll(/\/\*\*\s*\*\/\n/g, "");
}

/** The schema that holds the others must have a name; nobody asks for it, nor for who refers to whom. */
const root = "Everything";
const rootType = /export interface Everything \{[^}]*\}\n/;
const backReference =
  /(?: \*\n)? \* This interface was referenced by `Everything`'s JSON-Schema\n \* via the `definition` "\w+"\.\n/g;

/** A schema as JSON Schema spells it. @param named whether the keys are names, not keywords */
function plain(value: unknown, named = false): unknown {
  if (Array.isArray(value)) return value.map((each) => plain(each));
  if (typeof value !== "object" || value === null) return value;
  if (!named && Object.keys(value).every((key) => key === "description")) {
    return { ...value, tsType: "unknown" };
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => named || !leftOut.has(key))
      .map(([key, each]) => {
        if (key === "$ref")
          return [key, String(each).replace("#/components/schemas/", "#/definitions/")];
        return [key, plain(each, !named && key === "properties")];
      }),
  );
}
