// The catalogue of bad input: a problem that names the field and no upstream call, or the right answer.
import { afterAll, beforeEach, describe, expect, inject, it } from "vitest";
import { problemAnswer } from "../../../gateway/edge/answer-schema.ts";
import { abuse } from "./abuse.ts";
import { auth } from "./auth.ts";
import { gemini, vllm, type Case } from "./case.ts";
import { http } from "./http.ts";
import { injection } from "./injection.ts";
import { size } from "./size.ts";
import { specialTokens } from "./special-tokens.ts";
import { transport } from "./transport.ts";
import { types } from "./types.ts";
import { unicode } from "./unicode.ts";
import { upstream } from "./upstream.ts";

const groups: readonly (readonly [string, readonly Case[]])[] = [
  ["transport", transport],
  ["size", size],
  ["types", types],
  ["Unicode", unicode],
  ["special tokens", specialTokens],
  ["injection", injection],
  ["keys", auth],
  ["HTTP", http],
  ["abuse", abuse],
  ["hostile upstreams", upstream],
];
const rows: string[] = [];

// Before each, not after: other files leave their requests with the fakes.
beforeEach(async () => {
  await vllm.reset();
  await gemini.reset();
});

afterAll(async () => {
  await vllm.reset();
  await gemini.reset();
  // The console of a test that passes is not shown: Node prints it when the fakes are taken down.
  await fetch(inject("notes"), { method: "POST", body: rows.join("\n") });
});

describe.each(groups)("bad input: %s", (_, cases) => {
  it.each(cases)(
    "$no $name: $status",
    async ({ no, name, status, pointers = [], ask, check }) => {
      const response = await ask();
      const text = await response.text();
      // A defect is shown as it came; the one 5xx that is meant is the spent budget of case 91.
      const unmeant = response.status < 500 || response.status === status ? "" : text;
      expect([response.status, unmeant]).toEqual([status, ""]);
      let answer: unknown = text;
      if (status >= 400) {
        if (text !== "") answer = heldToAsProblem(response, text, pointers);
        // What is refused as bad input reaches nobody.
        if (status < 500) {
          expect([await vllm.requests(), await gemini.requests()]).toEqual([[], []]);
        }
      } else if (text !== "") {
        answer = JSON.parse(text);
      }
      await check?.(answer, response);
      const where = pointers.map((pointer) => JSON.stringify(pointer).slice(0, 40)).join(" ");
      rows.push(`${String(no ?? "-").padStart(3)} ${status} ${name} ${where}`.trimEnd());
    },
    20_000,
  );
});

describe("a key with a line break", () => {
  it("cannot be put into a request at all", () => {
    expect(() => new Headers({ authorization: "Bearer tr_live_\nabc" })).toThrow(TypeError);
  });
});

describe("the catalogue", () => {
  it("means a 5xx in case 91 alone", () => {
    const meant = groups.flatMap(([, cases]) => cases.filter(({ status }) => status >= 500));
    expect(meant.map(({ no }) => no)).toEqual([91]);
  });

  it("is complete: every number from 1 to 98", () => {
    const numbers = new Set(groups.flatMap(([, cases]) => cases.map(({ no }) => no)));
    numbers.delete(null);
    expect([...numbers].toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 98 }, (_, index) => index + 1),
    );
  });
});

function heldToAsProblem(response: Response, text: string, pointers: readonly string[]): unknown {
  const { status, headers } = response;
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  const problem = problemAnswer.parse(JSON.parse(text));
  expect(problem).toMatchObject({ status, request_id: headers.get("x-request-id") });
  expect(problem.type).toMatch(/^\/problems\/[a-z-]+$/);
  if (status === 405) expect(headers.get("allow")).toMatch(/^(?:POST|GET, HEAD)$/);
  if (status === 429 || status === 503)
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  if (pointers.length > 0) {
    expect(problem.errors?.map(({ pointer }) => pointer).toSorted()).toEqual(pointers.toSorted());
  }
  return JSON.parse(text);
}
