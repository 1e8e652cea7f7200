// The examples in the OpenAPI document are what it says answers look like.
import { describe, expect, it } from "vitest";
import { openApiDocument } from "../gateway/edge/document.ts";
import recorded from "../gateway/edge/examples.json" with { type: "json" };
import { problemTypes, type ProblemSlug } from "../gateway/edge/problem-types.ts";
import { exampleRequests, problemRequests } from "./examples/requests.ts";
import { valueComplaints } from "./support/document-check.ts";

interface Media {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { content?: Readonly<Record<string, Media>> }>>;
}

const document = openApiDocument("0");
const operations = Object.values(document.paths ?? {}).flatMap(
  (path) => Object.values(path) as Operation[],
);

describe("the examples of the document", () => {
  it.each(operations)("are there and fit their schemas: $operationId", (operation) => {
    const media = [
      ...Object.entries(operation.requestBody?.content ?? {}),
      ...Object.entries(operation.responses)
        .filter(([status]) => status.startsWith("2"))
        .flatMap(([, { content = {} }]) => Object.entries(content)),
    ];
    for (const [type, { schema, example, examples }] of media) {
      const values = examples ? Object.values(examples).map(({ value }) => value) : [example];
      expect(values, `an example of ${type}`).not.toContain(undefined);
      for (const value of values) expect(valueComplaints(schema, value)).toEqual([]);
    }
  });

  it.each(Object.entries(recorded.problems))(
    "are problems as the table has them: %s",
    (slug, problem) => {
      expect(valueComplaints({ $ref: "#/components/schemas/Problem" }, problem)).toEqual([]);
      const { title, status } = problemTypes[slug as ProblemSlug];
      expect(problem).toMatchObject({ type: `/problems/${slug}`, title, status });
    },
  );

  it("hold nothing that is not asked for by the recording", () => {
    const asked = new Set(exampleRequests.map(({ operationId }) => operationId));
    expect(Object.keys(recorded.operations).toSorted()).toEqual([...asked].toSorted());
    expect(Object.keys(recorded.problems).toSorted()).toEqual(
      problemRequests.map(({ slug }) => slug).toSorted(),
    );
  });
});
