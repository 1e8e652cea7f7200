// GET /llms.txt: where a language model finds what it needs to call the service.
import type { OpenApiDocument } from "../document.ts";
import { problemTypes } from "../problem-types.ts";
import { placesOf } from "./reference.ts";

/** @see https://llmstxt.org: a title, a summary in a quote, sections of links */
export function llmsText(document: OpenApiDocument): string {
  const { title, description } = document.info;
  const operations = placesOf(document).map(
    ({ method, path, operation }) =>
      `- [${method.toUpperCase()} ${path}](/docs#${operation.operationId}): ${operation.summary}`,
  );
  const problems = Object.entries(problemTypes).map(
    ([slug, { status, title: name }]) => `- [${name}](/problems/${slug}): HTTP ${status}`,
  );
  return `# ${title}

> ${description ?? ""}

Requests and answers are JSON in UTF-8, with names in snake_case. A deployment asks for an API key: \`Authorization: Bearer tr_…\`. The shortest request that ranks is \`POST /v1/rank\` with \`{"text": "…", "themes": ["Money", "Sleep"]}\`; \`{"catalog": "life"}\` in place of \`themes\` takes a built-in catalogue. Errors are problem details (RFC 9457): \`errors\` points at each wrong field, \`retryable\` tells whether trying again can help. Pass over fields and events that you do not know.

## Reference

- [OpenAPI 3.1](/openapi.json): every route, field and limit, with answers as examples
- [API reference](/docs): the same for reading

## Operations

${operations.join("\n")}

## Optional

${problems.join("\n")}
`;
}
