// An operation as a line for the shell, and an answer as text.
import type { Place } from "./reference.ts";

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

/** JSON indented; an event stream as it is. */
export function sample(example: unknown): string {
  return typeof example === "string" ? example : JSON.stringify(example, null, 2);
}
