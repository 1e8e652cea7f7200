// Guarantees of the cut of a text into pieces that the embedding model can read.
import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { maxPieceChars, maxPieces, pieces } from "../../gpu-origin/embedded/pieces.ts";

describe("pieces", () => {
  it("leave a short text whole and an empty one out", () => {
    expect(pieces("I am proud of this.")).toEqual(["I am proud of this."]);
    expect(pieces("")).toEqual([]);
  });

  it("lose nothing of a text of up to 3,000 characters and are never too long or too many", () => {
    assert(
      property(string({ maxLength: 9_000 }), (text) => {
        const cut = pieces(text);
        if (text.length <= 3_000) expect(cut.join("")).toBe(text);
        expect(cut.length).toBeLessThanOrEqual(maxPieces);
        expect(cut.every((piece) => piece !== "" && piece.length <= maxPieceChars)).toBe(true);
      }),
    );
  });

  it("are of about one size, so that no last word weighs like a page", () => {
    const sizes = pieces("a ".repeat(202)).map((piece) => piece.length);
    expect(Math.min(...sizes)).toBeGreaterThan(Math.max(...sizes) / 2);
  });

  it("are cut between words", () => {
    const words = "sleepless ".repeat(100);
    for (const piece of pieces(words)) expect(piece.trim().split(" ")).not.toContain("sleep");
    expect(pieces(words).flatMap((piece) => piece.trim().split(" "))).toHaveLength(100);
  });

  it("are an even sample of a long text, its beginning and its end included", () => {
    const text = Array.from({ length: 2_500 }, (_, i) => `w${i}`).join(" ");
    const starts = pieces(text).map((piece) => text.indexOf(piece));
    expect(pieces(text)).toHaveLength(maxPieces);
    expect(starts[0]).toBe(0);
    expect(text.endsWith(pieces(text).at(-1) ?? "-")).toBe(true);
    const gaps = starts.slice(1).map((start, i) => start - (starts[i] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(2 * Math.min(...gaps));
  });
});
