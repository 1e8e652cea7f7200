// Guarantees of the form of a key.
import { describe, expect, it } from "vitest";
import { checksumOf, digestOf, mintKey, parseKey } from "../../../gateway/tenancy/api-key.ts";

describe("a key", () => {
  it("is prefix, id, secret and checksum, and reads back", () => {
    for (const word of ["live", "test"] as const) {
      const key = mintKey(word);
      expect(key.text).toMatch(new RegExp(`^tr_${word}_${key.id}_[0-9A-Za-z]{43}_[0-9a-f]{8}$`));
      expect(parseKey(key.text)).toEqual(key);
    }
  });

  it("is never the same twice", () => {
    const keys = Array.from({ length: 500 }, () => mintKey("live").text);
    expect(new Set(keys).size).toBe(500);
  });

  it("uses every sign of its alphabet about as often as any other", () => {
    const text = Array.from({ length: 2_000 }, () => mintKey("live").text.split("_")[3]).join("");
    const counts = new Map<string, number>();
    for (const sign of text) counts.set(sign, (counts.get(sign) ?? 0) + 1);
    expect(counts.size).toBe(62);
    const expected = text.length / 62;
    // Seven standard deviations: a bias of the signs that 256 holds five times would be 20 %.
    for (const count of counts.values()) {
      expect(Math.abs(count - expected)).toBeLessThan(7 * Math.sqrt(expected));
    }
  });

  it("is refused with any sign changed, cut or added, without a look at a store", () => {
    const { text } = mintKey("live");
    for (let at = 0; at < text.length; at += 1) {
      const other = text[at] === "a" ? "b" : "a";
      expect(parseKey(text.slice(0, at) + other + text.slice(at + 1))).toBeNull();
      expect(parseKey(text.slice(0, at))).toBeNull();
    }
    for (const odd of [`${text}0`, ` ${text}`, `${text}\n`, text.toUpperCase(), ""]) {
      expect(parseKey(odd)).toBeNull();
    }
  });

  it("is stored as 32 bytes of digest, which differ from key to key", async () => {
    const [a, b] = [await digestOf(mintKey("live")), await digestOf(mintKey("live"))];
    expect(a.byteLength).toBe(32);
    expect(a).not.toEqual(b);
  });

  it("has a checksum as ISO 3309 computes it", () => {
    // The check value of CRC-32 in the catalogue of parametrised CRC algorithms.
    expect(checksumOf("123456789")).toBe("cbf43926");
  });
});
