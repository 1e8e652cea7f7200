// A page for people: one answer with its style inside, under a policy that lets nothing else in.
import type { Context } from "hono";
import { html, raw } from "hono/html";
import type { Edge } from "../edge.ts";
import { style } from "./style.ts";

/** Escaped HTML, as `html` makes it. */
export type Html = ReturnType<typeof html>;

export interface Page {
  readonly title: string;
  readonly description: string;
  readonly body: Html;
}

/** Nothing is loaded but the style that is inside, known by its hash, and an icon of no bytes. */
const policy = digestOf(style).then((hash) =>
  [
    "default-src 'none'",
    `style-src 'sha256-${hash}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
);

/** The hash is over every byte between the tags. */
const styleElement = raw(`<style>${style}</style>`);

/** The page as an answer. A policy that an answer brings itself is kept by the app's headers. */
export async function pageAnswer(c: Context<Edge>, page: Page): Promise<Response> {
  const { title, description, body } = page;
  const text = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="description" content="${description}" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        ${styleElement}
      </head>
      <body>
        ${body}
      </body>
    </html> `;
  c.header("Content-Security-Policy", await policy);
  c.header("Cache-Control", "public, max-age=300");
  return c.html(text);
}

async function digestOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
