// GET /docs: the OpenAPI document as a page, one section for each operation.
import { html } from "hono/html";
import type { OpenApiDocument } from "../document.ts";
import { problemTypes } from "../problem-types.ts";
import { curl, events, sample } from "./curl.ts";
import type { Html, Page } from "./page.ts";
import { fields, kind, type Schema } from "./schema.ts";

/** As much of an operation as the page shows. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly { name: string; description?: string; schema: Schema }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { description: string; content?: Content }>>;
}

export type Content = Readonly<Record<string, Media | undefined>>;

/** A stream has an example for each of its events. */
export interface Media {
  readonly schema: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown }>>;
}

/** One method of one path. */
export interface Place {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export function referencePage(document: OpenApiDocument): Page {
  const places = placesOf(document);
  const schemas = Object.entries((document.components?.schemas ?? {}) as Record<string, Schema>);
  const tags = (document.tags ?? []).map(({ name, description }) => ({
    name,
    description,
    places: places.filter(({ operation }) => operation.tags?.includes(name)),
  }));
  const { title, version, description } = document.info;
  return {
    title: `${title} API reference`,
    description: description ?? "",
    body: html`<div class="beside">
      <nav aria-label="Contents">
        ${tags.map(
          (tag) =>
            html`<strong>${tag.name}</strong>
              <ul>
                ${tag.places.map(
                  ({ method, path, operation }) =>
                    html`<li>
                      <a href="#${operation.operationId}">${method.toUpperCase()} ${path}</a>
                    </li>`,
                )}
              </ul>`,
        )}
        <strong>More</strong>
        <ul>
          <li><a href="#promises">What /v1 promises</a></li>
          <li><a href="#problems">Problems</a></li>
          <li><a href="#schemas">Schemas</a></li>
        </ul>
      </nav>
      <main>
        <h1>${title} API reference</h1>
        <p>${description}</p>
        <p class="soft">
          Version ${version}. To try it: <a href="/">the playground</a>. For machines:
          <a href="/openapi.json">openapi.json</a>, <a href="/llms.txt">llms.txt</a>.
        </p>
        <p>The examples below are what a deployment answered. They expect two variables:</p>
        ${code(`export THEMERANK_URL=http://localhost:8787\nexport THEMERANK_API_KEY=tr_…`)}
        ${tags.map(
          (tag) =>
            html`<h2>${tag.name}</h2>
              <p>${tag.description ?? ""}</p>
              ${tag.places.map(section)}`,
        )}
        ${promises} ${problems()}
        <h2 id="schemas">Schemas</h2>
        ${schemas.map(([name, schema]) => schemaSection(name, schema))}
      </main>
    </div>`,
  };
}

export function placesOf(document: OpenApiDocument): Place[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Operation>).map(([method, operation]) => ({
      method,
      path,
      operation,
    })),
  );
}

function section({ method, path, operation }: Place): Html {
  const { operationId, summary, description, parameters = [], responses } = operation;
  const request = operation.requestBody?.content["application/json"];
  const good = Object.entries(responses).filter(([status]) => status.startsWith("2"));
  const bad = Object.entries(responses).filter(([status]) => !status.startsWith("2"));
  const keyed = (operation.security ?? []).length > 0;
  return html`<section aria-labelledby="${operationId}">
    <h3 id="${operationId}">${summary}</h3>
    <p class="route">
      <span class="method">${method.toUpperCase()}</span> <code>${path}</code>
      <span class="soft">${keyed ? "with an API key" : "public"}</span>
    </p>
    ${description === undefined ? "" : html`<p>${description}</p>`}
    ${parameters.length === 0 ? "" : list("Path", parameters.map(parameter))}
    ${request === undefined ? "" : bodyOf(request.schema)}
    <h4>Example</h4>
    ${code(curl({ method, path, operation }))}
    ${good.map(([status, { content = {} }]) =>
      Object.entries(content).map(([type, media]) => (media ? answer(status, type, media) : "")),
    )}
    <h4>Other answers</h4>
    <ul>
      ${bad.map(([status, told]) => html`<li><code>${status}</code> ${told.description}</li>`)}
    </ul>
  </section>`;
}

function answer(status: string, type: string, media: Media): Html {
  const recorded = media.example === undefined ? "" : sample(media.example);
  const shown = type === "text/event-stream" ? events(media) : recorded;
  const heading = html`<h4>Answer, ${status} ${type}</h4>`;
  return html`${shown === "" ? "" : html`${heading}${code(shown)}`}
    <p class="soft">All fields: ${kind(media.schema)}</p>`;
}

const parameter = ({
  name,
  description,
  schema,
}: {
  name: string;
  description?: string;
  schema: Schema;
}) =>
  html`<li>
    <code>${name}</code> <span class="soft">${kind(schema)}</span>
    ${description === undefined ? "" : html`<p>${description}</p>`}
  </li>`;

/** A reference is a link; the fields stand at the schema. */
function bodyOf(schema: Schema): Html {
  const rows = fields(schema);
  return rows.length === 0
    ? html`<p class="soft">Request: ${kind(schema)}</p>`
    : list("Request", rows);
}

const list = (heading: string, items: readonly Html[]) =>
  html`<h4>${heading}</h4>
    <ul class="fields">
      ${items}
    </ul>`;

function schemaSection(name: string, schema: Schema): Html {
  const rows = fields(schema);
  return html`<section aria-labelledby="schema-${name}">
    <h3 id="schema-${name}">${name}</h3>
    ${schema.description === undefined ? "" : html`<p>${schema.description}</p>`}
    ${
      rows.length === 0
        ? html`<p>${kind(schema)}</p>`
        : html`<ul class="fields">
            ${rows}
          </ul>`
    }
  </section>`;
}

/** Wide lines scroll by themselves; the keyboard must reach what scrolls. */
export const code = (text: string) => html`<pre tabindex="0"><code>${text}</code></pre>`;

const promises = html`<h2 id="promises">What /v1 promises</h2>
  <p>
    A client that is written against this page goes on working as long as the path says
    <code>/v1</code>. No field of an answer is removed, renamed or given another type, no route goes
    away, no request that was valid becomes invalid, and a problem keeps its type and status.
  </p>
  <p>
    What may be added at any time: fields in answers, optional fields in requests, routes, types of
    problems, events of a stream, and values of <code>reason</code>. Pass over what you do not know.
    Scores may change with the model behind a ranker: <code>model</code> names it.
  </p>`;

function problems(): Html {
  return html`<h2 id="problems">Problems</h2>
    <p>
      Errors are <code>application/problem+json</code> (RFC 9457): <code>type</code> is the path of
      the problem's page, <code>retryable</code> tells whether the same request may succeed later,
      <code>errors</code> points at the fields.
    </p>
    <ul>
      ${Object.entries(problemTypes).map(
        ([slug, { status, title }]) =>
          html`<li><code>${status}</code> <a href="/problems/${slug}">${title}</a></li>`,
      )}
    </ul>`;
}
