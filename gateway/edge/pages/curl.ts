// An operation as a line for the shell, and an answer as text.
import type { Media, Place } from "./reference.ts";

/** A command that works as pasted, with THEMERANK_URL and THEMERANK_API_KEY set. */
export function curl({ method, path, operation }: Place): string {
  const example = operation.requestBody?.content["application/json"]?.example;
  const url = `"$THEMERANK_URL${path.replace("{name}", "support-tickets")}"`;
  return [
    `curl -s ${method === "get" || method === "post" ? "" : `-X ${method.toUpperCase()} `}${url}`,
    ...((operation.security ?? []).length > 0
      ? ['-H "Authorization: Bearer $THEMERANK_API_KEY"']
      : []),
    ...(example === undefined
      ? []
      : [
          "-H 'Content-Type: application/json'",
          `-d '${JSON.stringify(example, null, 2).replaceAll("'", String.raw`'\''`)}'`,
        ]),
  ].join(" \\\n  ");
}

/** JSON, indented. */
export const sample = (example: unknown) => JSON.stringify(example, null, 2);

/** A stream as it comes over the wire. */
export function events({ examples = {} }: Media): string {
  return Object.values(examples)
    .map(({ value }) => value as { event: string; data: unknown })
    .map(({ event, data }) => `event: ${event}\ndata: ${JSON.stringify(data)}\n`)
    .join("\n");
}
