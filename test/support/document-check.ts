// Whether an answer is one that the OpenAPI document allows: status, media type, headers and every field.
import { Validator, type Schema } from "@cfworker/json-schema";
import { openApiDocument } from "../../gateway/edge/document.ts";

interface Media {
  readonly schema?: object;
}

interface Described {
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, Media>>;
}

interface Operation {
  readonly responses: Readonly<Record<string, Described>>;
}

/** Pages and the document itself stand in no document; no more do the preflights of browsers. */
const pages = /^\/(?:docs|llms\.txt|openapi\.json|problems\/[^/]+|)$/;

const document = closed(openApiDocument("0")) as {
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};

const templates = Object.keys(document.paths).map((path) => ({
  form: new RegExp(`^${path.replaceAll(".", String.raw`\.`).replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  operations: document.paths[path] ?? {},
}));

/**
 * What the document does not allow of an answer; nothing where all is well. A field that is not
 * described is a complaint too.
 * @param url the request's
 */
export async function complaints(method: string, url: string, answer: Response): Promise<string[]> {
  const { pathname } = new URL(url);
  const isPreflight = method === "OPTIONS" && answer.status === 204;
  if (isPreflight || pages.test(pathname)) return [];
  const path = templates.find(({ form }) => form.test(pathname));
  const operation = path?.operations[method.toLowerCase().replace("head", "get")];
  const said = operation?.responses[answer.status] ?? outside(answer.status, operation);
  if (said === null) return [`${answer.status} is not described`];
  const missing = Object.keys(said.headers ?? {})
    .filter((name) => !answer.headers.has(name))
    .map((name) => `${name} is missing`);
  return [...missing, ...(await bodyComplaints(method, said, answer))];
}

/** @throws when the document does not allow the answer; returns it, its body unread */
export async function described(method: string, url: string, answer: Response): Promise<Response> {
  const type = answer.headers.get("content-type") ?? "";
  // Reading along would change how a stream ends; its events are checked where they are read.
  if (type.startsWith("text/event-stream")) return answer;
  const found = await complaints(method, url, answer.clone());
  if (found.length === 0) return answer;
  const place = `${method} ${new URL(url).pathname} -> ${answer.status}`;
  throw new Error(`${place} is not what the document says: ${found.join("; ")}`);
}

/** An event of a stream, by its schema in the document. */
export function valueComplaints(schema: object, value: unknown): string[] {
  const whole = { ...schema, components: document.components } as Schema;
  const { valid, errors } = new Validator(whole, "2020-12", false).validate(value);
  if (valid) return [];
  return errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
}

/** What holds where no operation was met: no such path, no such method. */
function outside(status: number, operation: Operation | undefined): Described | null {
  if (operation !== undefined || (status !== 404 && status !== 405)) return null;
  const schema = { $ref: "#/components/schemas/Problem" };
  return { content: { "application/problem+json": { schema } } };
}

async function bodyComplaints(method: string, { content }: Described, answer: Response) {
  const text = await answer.text();
  if (method === "HEAD" || (content === undefined && text === "")) return [];
  const type = answer.headers.get("content-type")?.split(";")[0]?.trim() ?? "none";
  const media = content?.[type];
  if (media === undefined) return [`the media type ${type} is not described`];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return ["the body is no JSON"];
  }
  return valueComplaints(media.schema ?? {}, value);
}

/** The same document, in which an object has the fields that it names and no others. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, closed(each)]));
  const isObject = copy["type"] === "object" && typeof copy["properties"] === "object";
  return isObject && copy["additionalProperties"] === undefined
    ? { ...copy, additionalProperties: false }
    : copy;
}
