// Reads a JSON body: media type, size, encoding, syntax, shape, in this order.
import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { fail, ok, type Result } from "../core/failure.ts";
import type { Clock } from "../core/ports.ts";
import type { Edge } from "./edge.ts";
import { problem, type FieldError, type Trouble } from "./problem.ts";

const maxBodyBytes = 512 * 1024;
/** A body that takes longer holds a connection, and half the time that its request may have. */
const bodyTimeoutMs = 10_000;
/** More errors than this tell nobody anything. */
const maxErrors = 100;
/** A pointer names a field; longer than this it carries content. */
const maxPointerLength = 256;

// Takes a byte order mark off; throws on invalid UTF-8.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
const jsonType = /^application\/json\s*(?:;(?<parameters>.*))?$/i;

/** 415 for anything but plain application/json in UTF-8. */
export const jsonOnly = createMiddleware<Edge>(async (c, next) => {
  if (c.req.header("content-encoding") !== undefined) {
    return problem(c, {
      kind: "unsupported-media-type",
      detail: "Content-Encoding is not supported; send the body as it is.",
    });
  }
  const type = jsonType.exec(c.req.header("content-type")?.trim() ?? "");
  const charset = /charset\s*=\s*"?([^";\s]+)/i.exec(type?.groups?.["parameters"] ?? "")?.[1];
  if (type === null || (charset !== undefined && charset.toLowerCase() !== "utf-8")) {
    return problem(c, {
      kind: "unsupported-media-type",
      detail: "Content-Type must be application/json, in UTF-8.",
    });
  }
  return next();
});

/**
 * 413 over 512 KiB, whatever Content-Length says (hono/body-limit believes it), 408 for a body that
 * drips. What is too much is not read.
 */
export const boundedBody = createMiddleware<Edge>(async (c, next) => {
  const { body } = c.req.raw;
  if (body === null) return next();
  if (Number(c.req.header("content-length")) > maxBodyBytes)
    return problem(c, { kind: "payload-too-large" });
  const bytes = await readBounded(body, c.get("clock"));
  if (!bytes.ok) return problem(c, bytes.failure);
  const { signal } = c.req.raw;
  c.req.raw = new Request(c.req.raw, { method: c.req.method, body: bytes.value, signal });
  return next();
});

async function readBounded(
  body: ReadableStream<Uint8Array>,
  clock: Clock,
): Promise<Result<Uint8Array, Trouble>> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  clock.timeoutSignal(bodyTimeoutMs).addEventListener("abort", () => resolve("late"));
  const reader = body.getReader();
  const leave = (failure: Trouble) => {
    // It may be broken already; nobody waits for it.
    reader.cancel().catch(() => {});
    return fail(failure);
  };
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const part = await Promise.race([reader.read(), late]);
      if (part === "late") return leave({ kind: "body-timeout" });
      if (part.done) break;
      size += part.value.byteLength;
      if (size > maxBodyBytes) return leave({ kind: "payload-too-large" });
      parts.push(part.value);
    }
  } catch {
    return fail({ kind: "invalid-json", detail: "The body did not arrive whole." });
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return ok(bytes);
}

/** 400 for what is not JSON, 422 for JSON that is not a valid request. */
export async function readBody<S extends z.ZodType>(
  c: Context<Edge>,
  schema: S,
): Promise<Result<z.output<S>, Trouble>> {
  const bytes = await c.req.arrayBuffer();
  if (bytes.byteLength === 0) return fail({ kind: "invalid-json", detail: "The body is empty." });
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch (error) {
    const part = error instanceof SyntaxError ? "JSON" : "UTF-8";
    return fail({ kind: "invalid-json", detail: `The body is not valid ${part}.` });
  }
  return parseBody(value, schema);
}

/** 422 for a value that the schema refuses, with a pointer for each field. */
export function parseBody<S extends z.ZodType>(
  value: unknown,
  schema: S,
): Result<z.output<S>, Trouble> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  // One error a field: the first names the rule that the others follow from.
  const errors = new Map<string, FieldError>();
  for (const error of parsed.error.issues.flatMap((issue) => fieldErrors(issue, value))) {
    if (!errors.has(error.pointer)) errors.set(error.pointer, error);
  }
  return fail({ kind: "invalid-request", errors: [...errors.values()].slice(0, maxErrors) });
}

type Issue = z.core.$ZodIssue;

function fieldErrors(issue: Issue, input: unknown, at: readonly PropertyKey[] = []): FieldError[] {
  const path = [...at, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      pointer: pointer([...path, key]),
      detail: "is not a known field",
    }));
  }
  if (issue.code === "invalid_union") {
    // The branch that got past the type of the value knows what is wrong inside it.
    const inside = issue.errors.find(
      (branch) => !branch.some(({ code, path: p }) => code === "invalid_type" && p.length === 0),
    );
    if (inside) return inside.flatMap((part) => fieldErrors(part, input, path));
    return [{ pointer: pointer(path), detail: "must be a string or an object" }];
  }
  return [{ pointer: pointer(path), detail: wording(issue, isMissing(input, path)) }];
}

function wording(issue: Issue, missing: boolean): string {
  if (missing && issue.code === "invalid_type") return "is required";
  switch (issue.code) {
    case "invalid_type":
      return `must be ${/^[aeiou]/.test(issue.expected) ? "an" : "a"} ${issue.expected}`;
    case "invalid_value":
      return `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "too_small":
      return issue.origin === "array" ? issue.message : `must be at least ${issue.minimum}`;
    case "too_big":
      return issue.origin === "array" ? issue.message : `must be at most ${issue.maximum}`;
    case "custom":
      return issue.message;
    default:
      return "is not valid";
  }
}

function isMissing(input: unknown, path: readonly PropertyKey[]): boolean {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return false;
    value = Object.hasOwn(value, key) ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }
  return value === undefined;
}

function pointer(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => String(step).replaceAll("~", "~0").replaceAll("/", "~1"));
  const whole = steps
    .map((step) => `/${step}`)
    .join("")
    .toWellFormed();
  return whole.length <= maxPointerLength
    ? whole
    : `${whole.slice(0, maxPointerLength)}…`.toWellFormed();
}
