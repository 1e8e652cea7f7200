// What went wrong, as the caller is told: RFC 9457 problem details. The only place that words them.
import type { Context } from "hono";
import type { ConfigComplaint } from "../config.ts";
import { ranOutOfTime } from "../core/failure.ts";
import type { RankFailure } from "../core/outcome.ts";
import { toAttempts, toReceipt } from "./answer.ts";
import { vendorMembers } from "./dialects/error-shape.ts";
import type { Edge } from "./edge.ts";
import { problemTypes, type ProblemSlug } from "./problem-types.ts";

/** What is wrong with one field; `pointer` is a JSON pointer (RFC 6901) into the request body. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

export type Trouble =
  | { readonly kind: "not-found" }
  | { readonly kind: "unknown-catalog" }
  | { readonly kind: "catalog-read-only" }
  | { readonly kind: "too-many-catalogs"; readonly limit: number }
  | { readonly kind: "catalogs-unavailable" }
  | { readonly kind: "method-not-allowed"; readonly allow: string }
  | { readonly kind: "unauthorized" }
  | { readonly kind: "keys-unavailable" }
  | { readonly kind: "forbidden"; readonly scope: string }
  | { readonly kind: "rate-limited"; readonly retryAfterSeconds: number }
  | { readonly kind: "body-timeout" }
  | { readonly kind: "unsupported-media-type"; readonly detail: string }
  | { readonly kind: "payload-too-large" }
  | { readonly kind: "invalid-json"; readonly detail: string }
  | { readonly kind: "invalid-request"; readonly errors: readonly FieldError[] }
  | { readonly kind: "ranking-unavailable"; readonly failure: RankFailure }
  | { readonly kind: "misconfigured"; readonly complaints: readonly ConfigComplaint[] }
  | { readonly kind: "internal-error" };

interface Wording {
  readonly slug: ProblemSlug;
  readonly detail: string;
  /** In place of what holds for the type. */
  readonly retryable?: boolean;
  readonly headers?: Record<string, string>;
  readonly extra?: Record<string, unknown>;
}

/** The answer for a trouble, with the request's id and no word of the caller's or an upstream's text. */
export function problem(c: Context<Edge>, trouble: Trouble): Response {
  const { slug, detail, headers } = wording(trouble);
  const { status } = problemTypes[slug];
  c.get("event").set({ problem: slug });
  const errors = trouble.kind === "invalid-request" ? trouble.errors : [];
  return c.body(
    JSON.stringify({
      ...toProblem(trouble, c.get("requestId")),
      ...vendorMembers(c.req.path, { status, detail, errors }),
    }),
    status,
    { "Content-Type": "application/problem+json", ...headers },
  );
}

/** The problem itself, for an answer that holds it beside others. */
export function toProblem(trouble: Trouble, requestId: string) {
  const { slug, detail, retryable, extra } = wording(trouble);
  const { status, title, retryable: mayPass } = problemTypes[slug];
  return {
    type: `/problems/${slug}`,
    title,
    status: status as number,
    detail,
    instance: `urn:themerank:request:${requestId}`,
    request_id: requestId,
    retryable: retryable ?? mayPass,
    ...extra,
  };
}

function wording(trouble: Trouble): Wording {
  switch (trouble.kind) {
    case "not-found":
      return { slug: trouble.kind, detail: "There is no such route." };
    case "unknown-catalog":
      return {
        slug: trouble.kind,
        detail: "There is no catalog of this name.",
        extra: { errors: [{ pointer: "/catalog", detail: "is not the name of a catalog" }] },
      };
    case "catalog-read-only":
      return {
        slug: trouble.kind,
        detail: "A built-in catalog cannot be written; choose another name.",
      };
    case "too-many-catalogs":
      return {
        slug: trouble.kind,
        detail: `A tenant may have ${trouble.limit} catalogs; delete one first.`,
      };
    case "catalogs-unavailable":
      return {
        slug: trouble.kind,
        detail: "The catalogs could not be read or written; nothing is wrong with the request.",
        headers: { "Retry-After": "5" },
      };
    case "method-not-allowed":
      return {
        slug: trouble.kind,
        detail: `This route answers ${trouble.allow} only.`,
        headers: { Allow: trouble.allow },
      };
    case "unauthorized":
      return {
        slug: trouble.kind,
        detail: "A valid API key is required: Authorization: Bearer tr_…",
        headers: { "WWW-Authenticate": "Bearer" },
      };
    case "keys-unavailable":
      return {
        slug: trouble.kind,
        detail: "The key could not be looked up; nothing is wrong with the request.",
        headers: { "Retry-After": "5" },
      };
    case "forbidden":
      return {
        slug: trouble.kind,
        detail: `This API key does not have the scope ${trouble.scope}.`,
      };
    case "rate-limited":
      return {
        slug: trouble.kind,
        detail: "This API key has spent its requests of this period; see RateLimit-Policy.",
        headers: { "Retry-After": String(trouble.retryAfterSeconds) },
      };
    case "body-timeout":
      return {
        slug: trouble.kind,
        detail: "The body did not arrive in time.",
      };
    case "unsupported-media-type":
      return { slug: trouble.kind, detail: trouble.detail };
    case "payload-too-large":
      return {
        slug: trouble.kind,
        detail: "The body may hold 512 KiB at most.",
      };
    case "invalid-json":
      return { slug: trouble.kind, detail: trouble.detail };
    case "invalid-request":
      return {
        slug: trouble.kind,
        detail: "The body is JSON but not a valid request; see errors.",
        extra: { errors: trouble.errors },
      };
    case "ranking-unavailable":
      return unavailable(trouble.failure);
    case "misconfigured":
      return {
        slug: trouble.kind,
        detail: `This deployment cannot serve; bad settings: ${trouble.complaints.map(({ name }) => name).join(", ")}.`,
        headers: { "Retry-After": "60" },
        extra: { settings: trouble.complaints },
      };
    case "internal-error":
      return {
        slug: trouble.kind,
        detail: "A defect of this service. The request id names the occurrence.",
      };
  }
}

function unavailable({ attempts, failures, usage }: RankFailure): Wording {
  const extra = { attempts: toAttempts(attempts), usage: toReceipt(usage) };
  if (failures.some(ranOutOfTime)) {
    return {
      slug: "deadline-exceeded",
      detail: "The request's budget ran out before a ranker answered.",
      extra,
    };
  }
  const waits = failures.map((failure) =>
    "retryAfterSeconds" in failure ? (failure.retryAfterSeconds ?? 1) : 1,
  );
  // The soonest of them, within reason: upstreams have been seen to ask for 10^9 seconds.
  const retryAfter = Math.min(60, Math.max(1, Math.min(...waits)));
  return {
    slug: "ranking-unavailable",
    detail: "None of the accepted rankers answered; see attempts.",
    // What may not leave the house will not be allowed to by waiting.
    retryable: failures.length === 0 || failures.some(({ reason }) => reason !== "egress"),
    headers: { "Retry-After": String(retryAfter) },
    extra,
  };
}
