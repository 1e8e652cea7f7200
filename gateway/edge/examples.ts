// Examples in the document: requests, and what the real stack answered (`npm run generate:examples`).
import recorded from "./examples.json" with { type: "json" };
import type { ProblemSlug } from "./problem-types.ts";

interface Recorded {
  /** By operation id. */
  readonly operations: Readonly<
    Record<string, { readonly request?: unknown; readonly answers: Answers }>
  >;
  /** By slug. */
  readonly problems: Readonly<Record<string, { readonly title: string; readonly status: number }>>;
}

/** By media type: the JSON; of a stream the list of its events. */
type Answers = Readonly<Record<string, unknown>>;

const { operations, problems }: Recorded = recorded;

/** One answer for each type of problem that could be had. */
export const problemExamples: Readonly<Partial<Record<ProblemSlug, object>>> = problems;

/** As much of a document as carries examples. */
interface Described {
  readonly paths?: Readonly<Record<string, object>>;
  components?: { examples?: object };
}

type Media = Record<string, { example?: unknown; examples?: object }>;

/** The document with its examples; it is changed in place. */
export function withExamples<T extends Described>(document: T): T {
  const named = Object.entries(problems);
  document.components ??= {};
  document.components.examples = Object.fromEntries(
    named.map(([slug, value]) => [slug, { summary: value.title, value }]),
  );
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(path) as Operation[]) {
      const { operationId, requestBody, responses } = operation;
      const { request, answers = {} } = operations[operationId] ?? {};
      const body = requestBody?.content["application/json"];
      if (body !== undefined && request !== undefined) body.example = request;
      for (const [status, { content = {} }] of Object.entries(responses)) {
        for (const [type, media] of Object.entries(content)) {
          const told = named.filter(([, each]) => String(each.status) === status);
          if (type === "application/problem+json" && told.length > 0) {
            media.examples = Object.fromEntries(
              told.map(([slug]) => [slug, { $ref: `#/components/examples/${slug}` }]),
            );
          }
          const answer = answers[type];
          if (!status.startsWith("2") || answer === undefined) continue;
          if (type === "text/event-stream") media.examples = byEvent(answer as StreamEvent[]);
          else media.example = answer;
        }
      }
    }
  }
  return document;
}

interface StreamEvent {
  readonly event: string;
  readonly data: unknown;
}

/** One example for each event of a stream; of several of a kind the first. */
const byEvent = (events: readonly StreamEvent[]) =>
  Object.fromEntries(
    events
      .toReversed()
      .map((value) => [value.event, { value }])
      .toReversed(),
  );

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Media };
  readonly responses: Readonly<Record<string, { readonly content?: Media }>>;
}
