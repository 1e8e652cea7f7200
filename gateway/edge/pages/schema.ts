// A JSON schema in words: what a field is, and what it may hold.
import { html } from "hono/html";
import type { Html } from "./page.ts";

/** As much of a schema as the document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** The name at the end of a reference. */
export const nameOf = (reference: string) => reference.slice(reference.lastIndexOf("/") + 1);

/** The fields of an object, those of objects inside it below them; nothing for another schema. */
export function fields(schema: Schema, path = ""): Html[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const full = path === "" ? name : `${path}.${name}`;
    const { description } = field;
    const rule = rules(field, schema.required?.includes(name) === true);
    const told = html`<li>
      <code>${full}</code> <span class="soft">${kind(field)}${rule}</span>
      ${description === undefined ? "" : html`<p>${description}</p>`}
    </li>`;
    const inner = field.type === "array" && field.items ? field.items : field;
    const suffix = inner === field ? "" : "[]";
    return [told, ...fields(inner, `${full}${suffix}`)];
  });
  const rest = [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return [...own, ...rest.flatMap((part) => fields(part, path))];
}

/** What a value is, with a link to each named schema. */
export function kind(schema: Schema): Html {
  const { $ref, items, anyOf, oneOf, allOf, enum: values, type } = schema;
  if ($ref !== undefined) {
    return html`<a href="#schema-${nameOf($ref)}">${nameOf($ref)}</a>`;
  }
  const [first, ...more] = (anyOf ?? oneOf ?? allOf ?? []).map(kind);
  if (first !== undefined) return html`${first}${more.map((each) => html` or ${each}`)}`;
  if (values !== undefined) return html`${values.map((each) => JSON.stringify(each)).join(" | ")}`;
  if (schema.const !== undefined) return html`${JSON.stringify(schema.const)}`;
  if (items !== undefined) return html`array of ${kind(items)}`;
  const types = Array.isArray(type) ? (type as string[]).join(" or ") : String(type ?? "any");
  return html`${types}${schema.format === undefined ? "" : `, ${schema.format}`}`;
}

function rules(schema: Schema, required: boolean): string {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems } = schema;
  return [
    required ? "required" : "",
    range(minimum, maximum, ""),
    range(minLength, maxLength, " characters"),
    range(minItems, maxItems, " items"),
    schema.default === undefined ? "" : `default ${JSON.stringify(schema.default)}`,
  ]
    .filter((rule) => rule !== "")
    .map((rule) => `, ${rule}`)
    .join("");
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  if (least === undefined && most === undefined) return "";
  if (most === undefined || Math.abs(most) >= Number.MAX_SAFE_INTEGER)
    return `at least ${least}${unit}`;
  return least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`;
}
