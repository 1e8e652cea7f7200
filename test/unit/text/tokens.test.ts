// Guarantees of the estimate of tokens.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimateThemeTokens, estimateTokens } from "../../../gateway/text/tokens.ts";
import { theme } from "../support/theme.ts";

describe("the estimate of tokens", () => {
  it("is a quarter of the UTF-8 length, rounded up", () => {
    expect(["", "a", "abcd", "abcde", "東京", "😀"].map(estimateTokens)).toEqual([
      0, 1, 1, 2, 2, 1,
    ]);
  });

  it("is that of the encoded text, for any text", () => {
    const encoder = new TextEncoder();
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(estimateTokens(text)).toBe(Math.ceil(encoder.encode(text).length / 4));
      }),
    );
  });

  it("counts a theme's wording and the template around it", () => {
    expect(estimateThemeTokens(theme("abcd"))).toBe(17);
    expect(estimateThemeTokens(theme("abcd", "efgh"))).toBe(18);
  });
});
