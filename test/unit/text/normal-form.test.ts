// Guarantees of the one form in which user text is measured, hashed and prompted.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codePoints, isWithin, normalize } from "../../../gateway/text/normal-form.ts";
import { loneHigh, loneLow } from "../support/lone-surrogate.ts";

describe("normalize", () => {
  it("makes composed and decomposed spellings one", () => {
    expect(normalize("cafe\u0301")).toBe("caf\u00e9");
  });

  it("keeps compatibility characters apart: NFC, not NFKC", () => {
    expect(normalize("ﬁ Ａ ²")).toBe("ﬁ Ａ ²");
  });

  it("trims white space of every kind, at the ends only", () => {
    expect(normalize("\ufeff \t\n\u00a0a  b\u3000\r\n")).toBe("a  b");
  });

  it("turns lone surrogates into U+FFFD and leaves pairs alone", () => {
    // Escaped: a lone surrogate in a message breaks the runner's own connection.
    const found = JSON.stringify(normalize(`a${loneHigh} b${loneLow} 😀`));
    expect(found).toBe('"a\ufffd b\ufffd 😀"');
  });

  it("changes nothing the second time, and is well-formed NFC", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        const once = normalize(`${a}\u0301${loneHigh} ${b}`);
        expect(once.isWellFormed()).toBe(true);
        expect(normalize(once) === once).toBe(true);
        expect(once.normalize("NFC") === once).toBe(true);
      }),
    );
  });
});

describe("isWithin", () => {
  it("counts code points, whatever they take", () => {
    const bound = fc.integer({ min: 0, max: 12 });
    const text = fc.string({ unit: "grapheme", maxLength: 12 });
    fc.assert(
      fc.property(text, bound, bound, (given, min, max) => {
        const count = codePoints(given);
        expect(isWithin(given, min, max)).toBe(count >= min && count <= max);
      }),
    );
    expect([isWithin("😀", 1, 1), isWithin("😀", 2, 2), isWithin("", 0, 0)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe("codePoints", () => {
  it.each([
    ["", 0],
    ["abc", 3],
    ["😀", 1],
    ["👨‍👩‍👧", 5],
    ["e\u0301", 2],
    ["東京", 2],
  ])("counts code points, as JSON Schema does: %j is %i", (text, count) => {
    expect(codePoints(text)).toBe(count);
  });
});
