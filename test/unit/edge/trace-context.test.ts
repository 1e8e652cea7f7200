// Guarantees of the trace that a request belongs to.
import { describe, expect, it } from "vitest";
import { traceOf } from "../../../gateway/edge/trace-context.ts";

const id = "0af7651916cd43dd8448eb211c80319c";

describe("a caller's trace", () => {
  it("goes on as it came", () => {
    const traceparent = `00-${id}-b7ad6b7169203331-00`;
    expect(traceOf(traceparent)).toEqual({ id, traceparent });
  });

  it.each([
    undefined,
    "",
    "my private words",
    `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
    `00-${id}-${"0".repeat(16)}-01`,
    `00-${id.toUpperCase()}-b7ad6b7169203331-01`,
    `ff-${id}-b7ad6b7169203331-01`,
    `01-${id}-b7ad6b7169203331-01`,
    `00-${id}-b7ad6b7169203331-01-words`,
    `00-${id}-b7ad6b7169203331-01, 00-${id}-b7ad6b7169203331-01`,
  ])("is left alone where it is not valid, and one begins here: %j", (header) => {
    const trace = traceOf(header);
    expect(trace.id).not.toBe(id);
    expect(trace.traceparent).toMatch(new RegExp(`^00-${trace.id}-[0-9a-f]{16}-01$`));
    expect(traceOf(trace.traceparent)).toEqual(trace);
    expect(traceOf(header).id).not.toBe(trace.id);
  });
});
