// What callers may send: validated by these schemas and documented from them.
import { z } from "@hono/zod-openapi";
import { rankerSources } from "../core/domain.ts";
import { cacheModes } from "../core/outcome.ts";
import { isWithin, normalize } from "../text/normal-form.ts";

/**
 * A normalised string whose length is counted in code points, as JSON Schema counts it. One check: a
 * request has a hundred of them.
 */
const text = (minLength: number, maxLength: number) =>
  z
    .string()
    .check((given) => {
      const input = normalize(given.value);
      given.value = input;
      const refuse = (message: string) =>
        given.issues.push({ code: "custom", input, message, continue: true });
      if (!isWithin(input, minLength, Infinity))
        refuse(`must hold at least ${minLength} character`);
      if (!isWithin(input, 0, maxLength)) refuse(`must hold at most ${maxLength} characters`);
    })
    .openapi({ minLength, maxLength });

const label = text(1, 120);

const themeObject = z
  .strictObject({
    id: text(1, 120).optional().openapi({ description: "Default: the label." }),
    label,
    description: text(0, 500).optional(),
  })
  .openapi("Theme");

const theme = z
  .union([label, themeObject])
  .transform((given) =>
    typeof given === "string"
      ? { id: given, label: given, description: "" }
      : { id: given.id ?? given.label, label: given.label, description: given.description ?? "" },
  );

export const themes = z
  .array(theme)
  .min(1, "must hold at least 1 theme")
  .max(100, "must hold at most 100 themes")
  .check((context) => {
    const seen = new Set<unknown>();
    // A theme that is wrong in itself has none.
    const ids = context.value.map(({ id }): unknown => id);
    for (const [index, id] of ids.entries()) {
      if (id !== undefined && seen.has(id)) {
        const path = [index, "id"];
        context.issues.push({ code: "custom", input: id, path, message: "is not unique" });
      }
      seen.add(id);
    }
  })
  .openapi({ description: 'A string "Money" means {"id": "Money", "label": "Money"}.' });

/** What implementations must be able to hold, RFC 5646 section 4.4.1. */
const maxTagLength = 35;

export const rankFields = {
  text: text(1, 20_000)
    .refine((value) => /[\p{L}\p{N}]/u.test(value), "must hold a letter or a digit")
    .openapi({ description: "1-20,000 code points after NFC and trimming." }),
  themes: themes.optional(),
  catalog: z
    .string()
    .optional()
    .openapi({ description: "Name of a stored catalog, in place of themes. Built in: life." }),
  top_k: z
    .int()
    .min(1)
    .max(100)
    .default(100)
    .openapi({ description: "How many themes to return." }),
  min_score: z.number().min(0).max(100).default(0),
  timeout_ms: z
    .int()
    .min(1_000)
    .max(30_000)
    .default(15_000)
    .openapi({ description: "The whole budget of the request, in milliseconds." }),
  cache: z.enum(cacheModes).default("default"),
  sources: z
    .array(z.enum(rankerSources))
    .min(1, "must name at least one ranker")
    .optional()
    .openapi({ description: "Rankers this caller accepts. Default: all that are configured." }),
};

/** Exactly one of `themes` and `catalog`; told even where another field is wrong as well. */
export const oneCatalogue = <S extends z.ZodObject>(schema: S) => {
  const isObject = ({ value }: { value: unknown }) =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  return schema
    .refine((value) => value["themes"] !== undefined || value["catalog"] !== undefined, {
      path: ["themes"],
      error: "themes or catalog is required",
      when: isObject,
    })
    .refine((value) => value["themes"] === undefined || value["catalog"] === undefined, {
      path: ["catalog"],
      error: "must not be given together with themes",
      when: isObject,
    });
};

export const rankRequest = oneCatalogue(z.strictObject(rankFields)).openapi("RankRequest", {
  example: {
    text: "The rent went up again and I lie awake counting what is left of my pay.",
    themes: ["Money", { id: "sleep", label: "Sleep", description: "Rest, insomnia, dreams" }],
  },
});

export const analyzeRequest = oneCatalogue(
  z.strictObject({
    ...rankFields,
    summary: z
      .strictObject({
        max_themes: z.int().min(1).max(10).default(5),
        language: z
          .string()
          .refine(
            (tag) => languageOf(tag) !== null,
            "must be a BCP 47 tag of language, script, region",
          )
          .transform((tag) => languageOf(tag) ?? "")
          .optional()
          .openapi({
            description: "BCP 47 tag, without extensions. Default: the language of the text.",
            maxLength: maxTagLength,
          }),
      })
      .prefault({}),
    evidence: z.boolean().default(false).openapi({
      description: "Whether to name the sentences that speak for each summarised theme.",
    }),
  }),
).openapi("AnalyzeRequest");

/** The older clients' request: unknown fields are ignored. */
export const rankThemesRequest = z
  .object({ text: rankFields.text, themes })
  .openapi("RankThemesRequest");

export type RankRequest = z.output<typeof rankRequest>;
export type AnalyzeRequest = z.output<typeof analyzeRequest>;

/** The canonical tag; null where it is none or carries more than language, script and region. */
function languageOf(tag: string): string | null {
  if (tag.length > maxTagLength) return null;
  try {
    const locale = new Intl.Locale(tag);
    const { language, script, region } = locale;
    const plain = [language, script, region].filter((part) => part !== undefined).join("-");
    // Variants and private use hold up to eight letters a piece: words, in a prompt.
    return plain === locale.toString() ? plain : null;
  } catch {
    return null;
  }
}
