// Guarantees of what the vendors' clients are told of an error.
import { describe, expect, it } from "vitest";
import { vendorMembers } from "../../../../gateway/edge/dialects/error-shape.ts";
import { dialectRoutes } from "../../../../gateway/edge/dialects/routes.ts";

const errors = ["/query", "/documents/0", "/documents/1", "/documents/2"].map((pointer) => ({
  pointer,
  detail: "is required",
}));

describe("what a vendor's client is told of an error", () => {
  it("is there on every dialect's path and on no other", () => {
    const told = { status: 404, detail: "No.", errors: [] };
    for (const { path } of dialectRoutes) expect(vendorMembers(path, told).message).toBe("No.");
    for (const path of ["/v1/rank", "/v1/rerank/", "/"]) {
      expect(vendorMembers(path, told)).toEqual({});
    }
  });

  it("names the first fields that are wrong, and how many more there are", () => {
    const { message } = vendorMembers("/v1/rerank", { status: 422, detail: "See errors.", errors });
    expect(message).toBe(
      "Invalid request: /query is required; /documents/0 is required; /documents/1 is required; and 1 more.",
    );
    const whole = [{ pointer: "", detail: "must be an object" }];
    expect(vendorMembers("/v1/rerank", { status: 422, detail: "", errors: whole }).message).toBe(
      "Invalid request: the body must be an object.",
    );
  });

  it.each([
    [422, "validation"],
    [413, "validation"],
    [429, "overloaded"],
    [503, "unhealthy"],
    [500, "backend"],
    [504, "backend"],
  ])("has TEI's error_type for %i: %s", (status, type) => {
    const { error, error_type: told } = vendorMembers("/rerank", {
      status,
      detail: "a",
      errors: [],
    });
    expect([error, told]).toEqual(["a", type]);
  });
});
