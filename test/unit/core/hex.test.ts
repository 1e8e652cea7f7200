// Guarantees of the hexadecimal form of bytes.
import { describe, expect, it } from "vitest";
import { hex } from "../../../gateway/core/hex.ts";

describe("hex", () => {
  it("writes two lower-case digits for every byte, leading zeros too", () => {
    expect(hex(new Uint8Array([0, 10, 171, 255]))).toBe("000aabff");
    expect(hex(new Uint8Array())).toBe("");
  });
});
