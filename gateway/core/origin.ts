// How an origin is spoken to: what configuration names and rankers implement.

/** The wire dialect: rating tokens of completions, a list by chat, or a rerank server. */
export const originDialects = ["completions", "chat", "rerank"] as const;
export type OriginDialect = (typeof originDialects)[number];

/** Model families, by the markup of their turns. */
export const promptFormats = ["llama-3", "mistral", "phi-3", "chatml"] as const;
export type PromptFormat = (typeof promptFormats)[number];

/**
 * What stands first. `text-first`: the text, then one theme; a theme's score knows of no other.
 * `catalog-first`: the whole catalogue, then the text, then one theme; the catalogue stays in the
 * server's prefix cache across texts, and scores belong to the set.
 */
export const promptLayouts = ["text-first", "catalog-first"] as const;
export type PromptLayout = (typeof promptLayouts)[number];
