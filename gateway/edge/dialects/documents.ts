// What the dialects rank: documents, strings or objects, each as one theme.
import { z } from "@hono/zod-openapi";
import type { Theme } from "../../core/domain.ts";
import { normalize } from "../../text/normal-form.ts";
import { rankFields } from "../request-schema.ts";

/** A label and a description together, as long as the native request may have them. */
const maxChars = 620;

export const query = rankFields.text;

const document = z.union([z.string(), z.record(z.string(), z.unknown())]).openapi({
  description: `A string, or an object with \`text\`. The first ${maxChars} characters count.`,
});
export type Document = z.output<typeof document>;

export const documents = listOf(document, "document");
export const strings = listOf(z.string(), "text");

function listOf<S extends z.ZodType>(item: S, noun: string) {
  return z
    .array(item)
    .min(1, `must hold at least 1 ${noun}`)
    .max(100, `must hold at most 100 ${noun}s`);
}

/** Which fields of an object count; for a string it says nothing. */
export const fieldNames = z.array(z.string()).nullish().openapi({
  description: "Fields of an object document that count. Default: `text`, else all that are text.",
});

/** How many results to return. */
export const top = z
  .int()
  .min(1)
  .nullish()
  .openapi({ description: "Above their count means all." });
export const flag = z.boolean().nullish();
export const model = z.unknown().optional().openapi({ description: "Accepted and ignored." });

/** Refuses a document without text, where it stands. */
export function requireText<S extends z.ZodObject>(
  schema: S,
  field: string,
  textsOf: (body: z.output<S>) => readonly string[],
): S {
  return schema.check((context) => {
    for (const [index, text] of textsOf(context.value).entries()) {
      if (text !== "") continue;
      const path = [field, index];
      context.issues.push({ code: "custom", input: text, path, message: "must hold text" });
    }
  });
}

/** What is ranked of a document: normalised, its first 620 characters; "" when it holds no text. */
export function textOf(given: Document, fields: readonly string[] | null = null): string {
  const whole = normalize(typeof given === "string" ? given : textOfFields(given, fields));
  let [end, count] = [0, 0];
  for (const character of whole) {
    if (count === maxChars) break;
    count += 1;
    end += character.length;
  }
  return whole.slice(0, end).trim();
}

function textOfFields(given: Record<string, unknown>, fields: readonly string[] | null): string {
  const names = fields ?? ("text" in given ? ["text"] : Object.keys(given));
  return names
    .map((name) => (Object.hasOwn(given, name) ? given[name] : undefined))
    .filter((value) => typeof value === "string")
    .join("\n");
}

/** One theme for each text; its id is its place. */
export function toThemes(texts: readonly string[]): Theme[] {
  return texts.map((label, index) => ({ id: String(index), label, description: "" }));
}

/** A document as it is given back: an object, without what is nested in it. */
export function echoOf(given: Document | undefined): Record<string, unknown> {
  if (typeof given !== "object") return { text: given?.toWellFormed() ?? "" };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => typeof value !== "object" || value === null),
  );
}
