// Every type of problem: what it is called, what it means and what to do about it. Each has a page.

export interface ProblemType {
  readonly status:
    | 400
    | 401
    | 403
    | 404
    | 405
    | 408
    | 409
    | 413
    | 415
    | 422
    | 429
    | 500
    | 503
    | 504;
  readonly title: string;
  /** Whether the same request may succeed later; an answer's own `retryable` is more exact. */
  readonly retryable: boolean;
  readonly meaning: string;
  readonly remedy: string;
}

export const problemTypes = {
  "not-found": {
    status: 404,
    title: "Not found",
    retryable: false,
    meaning: "There is no route at this path.",
    remedy: "Compare the path with the API reference. A slash at the end is part of a path.",
  },
  "unknown-catalog": {
    status: 404,
    title: "Unknown catalog",
    retryable: false,
    meaning: "The request names a catalog that this tenant does not have.",
    remedy: "GET /v1/catalogs lists those it has. `life` is built in. Or send `themes` instead.",
  },
  "catalog-read-only": {
    status: 409,
    title: "Catalog is read-only",
    retryable: false,
    meaning: "The catalog is built in: every tenant has it, and nobody can write or delete it.",
    remedy: "Choose another name.",
  },
  "too-many-catalogs": {
    status: 409,
    title: "Too many catalogs",
    retryable: false,
    meaning: "The tenant has as many catalogs as it may.",
    remedy: "DELETE one first, or replace one that is there: PUT writes over it.",
  },
  "catalogs-unavailable": {
    status: 503,
    title: "Catalogs unavailable",
    retryable: true,
    meaning: "The store of the catalogs did not answer.",
    remedy: "Nothing is wrong with the request. Send it again after Retry-After, or send `themes`.",
  },
  "method-not-allowed": {
    status: 405,
    title: "Method not allowed",
    retryable: false,
    meaning: "The route exists, but not for this method.",
    remedy: "The Allow header names the methods it answers.",
  },
  unauthorized: {
    status: 401,
    title: "Unauthorized",
    retryable: false,
    meaning:
      "There is no valid API key with the request: none at all, one that is unknown or revoked, or one in another form than `Authorization: Bearer tr_…`.",
    remedy:
      "Send the key in the Authorization header, never in the URL. A new key works as soon as every location has seen it, about a minute.",
  },
  "keys-unavailable": {
    status: 503,
    title: "Keys unavailable",
    retryable: true,
    meaning: "The store of the keys did not answer, so nobody can say whether the key is valid.",
    remedy: "Nothing is wrong with the request. Send it again after Retry-After.",
  },
  forbidden: {
    status: 403,
    title: "Forbidden",
    retryable: false,
    meaning: "The key is valid, and lacks the scope that the route asks for.",
    remedy: "Ranking and reading need the scope `rank`, writing catalogs needs `admin`.",
  },
  "rate-limited": {
    status: 429,
    title: "Too many requests",
    retryable: true,
    meaning: "The key has sent more requests than it may in this period.",
    remedy: "Wait for Retry-After. RateLimit-Policy tells how many requests a period has.",
  },
  "body-timeout": {
    status: 408,
    title: "Request timeout",
    retryable: true,
    meaning: "The body did not arrive in time.",
    remedy: "Send it again, over a connection that keeps up.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "Unsupported media type",
    retryable: false,
    meaning: "The body is something else than plain JSON.",
    remedy: "Send `Content-Type: application/json`, in UTF-8, without a Content-Encoding.",
  },
  "payload-too-large": {
    status: 413,
    title: "Payload too large",
    retryable: false,
    meaning: "The body is over 512 KiB.",
    remedy: "A text may hold 20,000 characters, a request 100 themes: both fit many times over.",
  },
  "invalid-json": {
    status: 400,
    title: "Invalid JSON",
    retryable: false,
    meaning: "The body is empty, not UTF-8, or not JSON.",
    remedy: "Let a JSON library write the body.",
  },
  "invalid-request": {
    status: 422,
    title: "Invalid request",
    retryable: false,
    meaning: "The body is JSON, and not a valid request. Nobody upstream was asked.",
    remedy:
      "`errors` names each field by a JSON pointer (RFC 6901), and what is wrong with it. Values are not repeated.",
  },
  "ranking-unavailable": {
    status: 503,
    title: "Ranking unavailable",
    retryable: true,
    meaning: "Every ranker that the request accepts failed; `attempts` tells each with its reason.",
    remedy:
      "Send it again after Retry-After where `retryable` is true. A request that accepts `lexical` is always answered.",
  },
  "deadline-exceeded": {
    status: 504,
    title: "Deadline exceeded",
    retryable: true,
    meaning: "The request's own budget, `timeout_ms`, ran out before a ranker answered.",
    remedy: "Allow more time (up to 30,000 ms), or accept `lexical`, which needs none.",
  },
  misconfigured: {
    status: 503,
    title: "Misconfigured",
    retryable: true,
    meaning: "The deployment has a setting that it cannot work with. `settings` names it.",
    remedy: "For who operates it: correct the setting and deploy. For callers: try again later.",
  },
  "internal-error": {
    status: 500,
    title: "Internal error",
    retryable: false,
    meaning: "A defect of this service.",
    remedy: "Tell who operates it the `request_id`: the log has what happened under it.",
  },
} as const satisfies Record<string, ProblemType>;

export type ProblemSlug = keyof typeof problemTypes;
