// Catalogues on the wire: what is written, and what is told of them.
import { z } from "@hono/zod-openapi";
import { themes } from "./request-schema.ts";

export const catalogRequest = z.strictObject({ themes }).openapi("CatalogRequest", {
  example: {
    themes: ["Money", { id: "sleep", label: "Sleep", description: "Rest, insomnia, dreams" }],
  },
});

const head = {
  name: z.string(),
  version: z.int().min(1).openapi({ description: "One more with each writing." }),
  updated_at: z.iso.datetime(),
};

export const catalogAnswer = z
  .object({
    ...head,
    themes: z.array(z.object({ id: z.string(), label: z.string(), description: z.string() })),
  })
  .openapi("Catalog");

export const catalogsAnswer = z
  .object({ catalogs: z.array(z.object({ ...head, theme_count: z.int().min(1) })) })
  .openapi("CatalogList");
