// How the vendors' clients want to be told what went wrong: members beside those of a problem.
import type { FieldError } from "../problem.ts";

/** Of these a client shows `message` (Cohere, Mixedbread) or `detail` (Jina, Voyage). */
const paths = new Set(["/v2/rerank", "/v1/rerank", "/rerank", "/v1/reranking", "/v1/classify"]);
/** The rest is in `errors`. */
const maxNamed = 3;

interface Told {
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly FieldError[];
}

/** What a problem on this path says besides; nothing on paths that are no vendor's. */
export function vendorMembers(path: string, told: Told): Record<string, string> {
  if (!paths.has(path)) return {};
  const message = messageOf(told);
  // TEI's own members stand on the one path that it shares.
  const tei = path === "/rerank" ? { error: message, error_type: teiErrorType(told.status) } : {};
  return { detail: message, message, ...tei };
}

/** A client shows one line: it has to name the fields. */
function messageOf({ detail, errors }: Told): string {
  if (errors.length === 0) return detail;
  const named = errors
    .slice(0, maxNamed)
    .map((error) => `${error.pointer === "" ? "the body" : error.pointer} ${error.detail}`);
  const more = errors.length - named.length;
  return `Invalid request: ${named.join("; ")}${more > 0 ? `; and ${more} more` : ""}.`;
}

/** Names of text-embeddings-inference 1.9. */
function teiErrorType(status: number): string {
  if (status === 429) return "overloaded";
  if (status === 503) return "unhealthy";
  return status >= 500 ? "backend" : "validation";
}
