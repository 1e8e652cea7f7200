// Guarantees of request ids.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newRequestId } from "../../../gateway/edge/request-id.ts";

/** Epoch ms that fit the 48 bits of a ULID. */
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe("a request id", () => {
  it("is req_ and a ULID, safe in headers and logs, whatever the time", () => {
    fc.assert(
      fc.property(time, (nowMs) => {
        expect(newRequestId(nowMs)).toMatch(/^req_[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
      }),
    );
  });

  it("begins with its time in Crockford's base 32, as the ULID specification has it", () => {
    // The specification's own example.
    expect(newRequestId(1_469_918_176_385).slice(4, 14)).toBe("01ARYZ6S41");
  });

  it("sorts by time", () => {
    fc.assert(
      fc.property(time, time, (a, b) => {
        fc.pre(a < b);
        expect(newRequestId(a) < newRequestId(b)).toBe(true);
      }),
    );
  });

  it("is another one at the same time", () => {
    expect(new Set(Array.from({ length: 1_000 }, () => newRequestId(5))).size).toBe(1_000);
  });
});
