// Reads a JSON body: media type, size, encoding, syntax, shape, in this order.
import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { fail, ok, type Result } from "../core/failure.ts";
import { late, within } from "../core/within.ts";
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

const broken: Trouble = { kind: "invalid-json", detail: "The body did not arrive whole." };
const dripped: Trouble = { kind: "body-timeout" };
const tooLarge: Trouble = { kind: "payload-too-large" };

/**
 * 413 over 512 KiB, whatever Content-Length says (hono/body-limit believes it), 408 for a body that
 * drips. What is too much is not read.
 */
export const boundedBody = createMiddleware<Edge>(async (c, next) => {
  const { raw } = c.req;
  if (raw.body === null) return next();
  const length = c.req.header("content-length") ?? "";
  if (Number(length) > maxBodyBytes) return problem(c, tooLarge);
  const reader = /^\d+$/.test(length) ? byteReader(raw.body) : null;
  const [reading, cancel] =
    reader === null ? readBounded(raw.body) : readTold(reader, Number(length));
  const bytes = await within(c.get("clock"), bodyTimeoutMs, reading).catch(() => fail(broken));
  if (bytes === late || !bytes.ok) {
    // It may be broken already; nobody waits for it.
    cancel().catch(() => {});
    return problem(c, bytes === late ? dripped : bytes.failure);
  }
  c.set("body", bytes.value);
  return next();
});

/** A body that is being read, and what gives it up. */
type Reading = readonly [read: Promise<Result<Uint8Array, Trouble>>, cancel: () => Promise<void>];

/** A reader of bytes, as the Streams standard has it; Workers' own types leave `min` out. */
interface ByteReader {
  read(
    view: Uint8Array,
    options: { readonly min: number },
  ): Promise<{ readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** null where a stream has none: one that another Worker makes. What comes by HTTP has one. */
function byteReader(body: ReadableStream<Uint8Array>): ByteReader | null {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return null;
  }
}

/** A body whose length is told, in one read: of one that is longer, no more than a byte. */
function readTold(reader: ByteReader, length: number): Reading {
  const read = async () => {
    const { value } = await reader.read(new Uint8Array(length + 1), { min: length + 1 });
    const bytes = value ?? new Uint8Array();
    return bytes.byteLength <= length ? ok(bytes) : fail(tooLarge);
  };
  return [read(), () => reader.cancel()];
}

function readBounded(body: ReadableStream<Uint8Array>): Reading {
  const reader = body.getReader();
  const read = async () => {
    const parts: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one part after another
      const part = await reader.read();
      if (part.done) break;
      size += part.value.byteLength;
      if (size > maxBodyBytes) return fail(tooLarge);
      parts.push(part.value);
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.byteLength;
    }
    return ok(bytes);
  };
  return [read(), () => reader.cancel()];
}

/** 400 for what is not JSON, 422 for JSON that is not a valid request. */
export async function readBody<S extends z.ZodType>(
  c: Context<Edge>,
  schema: S,
): Promise<Result<z.output<S>, Trouble>> {
  const bytes = c.get("body") ?? new Uint8Array(await c.req.arrayBuffer());
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
