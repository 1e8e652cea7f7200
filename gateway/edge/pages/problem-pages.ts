// GET /problems/<slug>: what a problem's `type` leads to, for people and for machines.
import { html } from "hono/html";
import { problemExamples } from "../examples.ts";
import { problemTypes, type ProblemSlug, type ProblemType } from "../problem-types.ts";
import type { Page } from "./page.ts";
import { code } from "./reference.ts";

/** The type of this name; null where there is none. */
export function problemNamed(slug: string): (ProblemType & { slug: ProblemSlug }) | null {
  if (!Object.hasOwn(problemTypes, slug)) return null;
  const known = slug as ProblemSlug;
  return { slug: known, ...problemTypes[known] };
}

export function problemPage({
  slug,
  title,
  status,
  retryable,
  meaning,
  remedy,
}: ProblemType & { slug: ProblemSlug }): Page {
  const example = problemExamples[slug];
  return {
    title: `${title}: a problem of themerank`,
    description: meaning,
    body: html`<main>
      <p><a href="/docs#problems">API reference</a></p>
      <h1>${title}</h1>
      <p class="soft">
        <code>/problems/${slug}</code>, HTTP ${status},
        ${retryable ? "may pass: try again" : "will not pass by trying again"}
      </p>
      <p>${prose(meaning)}</p>
      <h2>What to do</h2>
      <p>${prose(remedy)}</p>
      ${
        example === undefined
          ? ""
          : html`<h2>An answer</h2>
              ${code(JSON.stringify(example, null, 2))}`
      }
    </main>`,
  };
}

/** Words between backticks are code. */
const prose = (text: string) =>
  text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));

export function problemMarkdown({
  slug,
  title,
  status,
  meaning,
  remedy,
}: ProblemType & { slug: string }): string {
  return `# ${title}\n\n\`/problems/${slug}\`, HTTP ${status}\n\n${meaning}\n\n## What to do\n\n${remedy}\n`;
}
