// Guarantees of the hexadecimal form of bytes.
import { describe, expect, it } from "vitest";
import { bytesOf, hex } from "../../../gateway/core/hex.ts";

describe("hex", () => {
  it("writes two lower-case digits for every byte, leading zeros too", () => {
    expect(hex(new Uint8Array([0, 10, 171, 255]))).toBe("000aabff");
    expect(hex(new Uint8Array())).toBe("");
  });
});

describe("bytesOf", () => {
  it("reads back what hex wrote", () => {
    const bytes = new Uint8Array([0, 10, 171, 255]);
    expect(bytesOf(hex(bytes), 4)).toEqual(bytes);
  });

  it.each(["", "00", "000aabfg", "000AABFF", "000aabff00", "0x0aabff", "revoked"])(
    "takes nothing else for four bytes: %j",
    (digits) => {
      expect(bytesOf(digits, 4)).toBeNull();
    },
  );
});
