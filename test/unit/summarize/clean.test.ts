// Guarantees of what a model wrote, before it is shown.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanSummary, summaryCleaner } from "../../../gateway/summarize/clean.ts";
import { loneHigh } from "../support/lone-surrogate.ts";

const source = "See https://known.example/page for details.";

describe("cleanSummary", () => {
  it("leaves a plain summary as it is", () => {
    const plain = "The rent is due, and the writer lies awake.\nDebt weighs on both.";
    expect(cleanSummary(plain, source)).toBe(plain);
  });

  it.each([
    ["control characters", "a\u0000b\u001b[31mc\u009f"],
    ["zero-width characters", "a\u200bb\ufeffc\u2060[31m"],
    ["bidirectional marks and overrides", "a\u202eb\u2066c\u200f[31m"],
    ["tag characters", "a\u{e0041}b\u{e007f}c[31m"],
  ])("takes out %s", (_, text) => {
    expect(cleanSummary(text, "").replace("[31m", "")).toBe("abc");
  });

  it("keeps what scripts and emoji need: joiners and variation selectors", () => {
    const text = "👨‍👩‍👧 می‌خواهم ❤️";
    expect(cleanSummary(text, "")).toBe(text);
  });

  it("brings white space into shape, but keeps lines", () => {
    expect(cleanSummary("  a \t b\n\nc \n", "")).toBe("a b\n\nc");
  });

  it("is well-formed NFC", () => {
    expect(cleanSummary(`cafe\u0301 ${loneHigh}`, "")).toBe("café \ufffd");
  });

  it.each([
    "https://evil.example/?q=secret",
    "http://evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "ftp://evil.example/x",
    "www.evil.example/x",
    "ht\u200btps://evil.example",
    "https://user@evil.example:8080/a?b=c#d",
    "evil.example/?q=secret",
    "a.evil.example:8080/x",
    "wss://evil.example",
    "file:///etc/passwd",
    "tel:+123456789",
  ])("takes out a link that the text does not hold: %s", (link) => {
    expect(cleanSummary(`Read ${link} now`, source)).toBe("Read now");
    expect(cleanSummary(`![x](${link})`, source)).toBe("![x]()");
  });

  it("keeps a link that the text holds", () => {
    const summary = "Details are at https://known.example/page now.";
    expect(cleanSummary(summary, source)).toBe(summary);
  });

  it.each([".", ",", "!", ":", "。"])("keeps such a link at the end of a sentence: %j", (stop) => {
    const summary = `Details are at https://known.example/page${stop}`;
    expect(cleanSummary(summary, source)).toBe(summary);
  });

  it.each(["https://known.example/pa", "https://known.exam"])(
    "takes out a link that is only the beginning of one in the text: %s",
    (link) => {
      expect(cleanSummary(`Read ${link} now`, source)).toBe("Read now");
    },
  );

  it("takes out a link that stands between underscores", () => {
    expect(cleanSummary("Read _https://evil.example_ now", source)).not.toContain("evil.example");
  });

  it("takes out the target of a Markdown link that the text does not hold", () => {
    expect(cleanSummary("Read [this](evil.example) now", source)).toBe("Read [this]() now");
  });

  it.each(["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</p>", "<!doctype html>"])(
    "takes out markup that the text does not hold: %s",
    (markup) => {
      expect(cleanSummary(`Rent ${markup} is due`, source)).toMatch(
        /^Rent (?:alert\(1\) )?is due$/,
      );
    },
  );

  it("keeps markup that the text speaks of, and signs that are none", () => {
    expect(cleanSummary("A <div> is 3 < 4", "What is a <div> for?")).toBe("A <div> is 3 < 4");
  });

  it.each([
    "<scr<b>ipt>alert<scr<b></b>ipt>",
    "ht<b>tps://evil.example/x",
    "evil.example<i></i>/x",
    "hthttps://evil.example/xtps://evil.example/y",
  ])("joins no link or tag by what it takes out: %s", (nested) => {
    const clean = cleanSummary(`Rent ${nested}`, source);
    expect(clean).not.toMatch(/<\p{L}|evil\.example\//u);
    expect(cleanSummary(clean, source)).toBe(clean);
  });

  it.each(["and/or 3.5/10 km/h", "e.g. this, i.e. that; the U.S. too", "Node.js and 24/7"])(
    "takes ordinary words for no link: %s",
    (words) => {
      expect(cleanSummary(words, source)).toBe(words);
    },
  );

  it("reads no more of an endless answer than it can show", () => {
    const clean = cleanSummary("<a".repeat(1_000_000), "");
    expect(clean.length).toBeLessThanOrEqual(1_501);
  });

  it("cuts what is too long after its last whole sentence", () => {
    const long = "A sentence of some words. ".repeat(80);
    const clean = cleanSummary(long, "");
    expect(clean.length).toBeLessThanOrEqual(1_500);
    expect(clean.length).toBeGreaterThan(1_400);
    expect(clean.endsWith("words.")).toBe(true);
  });

  it("cuts between words where there is no sentence, and says so", () => {
    const clean = cleanSummary("words and ".repeat(200), "");
    expect(clean).toMatch(/(?:words|and)…$/);
    expect(clean.length).toBeGreaterThan(1_400);
    expect(clean.length).toBeLessThanOrEqual(1_501);
  });

  it.each([
    ["a script without spaces", "債".repeat(1_600)],
    ["an emoji text", "😀".repeat(900)],
    ["one early space", `Oh ${"債".repeat(1_600)}`],
    ["one early full stop", `Dr. ${"words and ".repeat(200)}`],
    ["sentences that end in another sign", "Rent is due! ".repeat(150)],
  ])("keeps most of what may stay: %s", (_, long) => {
    const clean = cleanSummary(long, "");
    expect(clean.length).toBeGreaterThan(750);
    expect(clean.length).toBeLessThanOrEqual(1_501);
  });

  it("is never too long, never ill-formed and never the source of a hidden character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat({ max: 30 }), (text, times) => {
        const clean = cleanSummary(`${text} `.repeat(times), "");
        expect(clean.length).toBeLessThanOrEqual(1_501);
        expect(clean.isWellFormed()).toBe(true);
        expect(clean).not.toMatch(/[\u0000-\u0008\u202a-\u202e\u2066-\u2069]/);
      }),
    );
  });
});

describe("what is settled of an unfinished summary", () => {
  const cleaner = summaryCleaner(source);
  const settled = (soFar: string) => cleaner.settled(soFar);
  const whole = (summary: string) => cleaner.whole(summary);

  it("ends with the last word that has ended", () => {
    expect(settled("The rent is du")).toBe("The rent is");
    expect(settled("The rent is due.\n")).toBe("The rent is due.");
    expect(settled("The")).toBe("");
    expect(settled("房租又涨了，我")).toBe("房租又涨了，");
  });

  it("shows no link before it is known to be the text's own", () => {
    const written = "See https://known.example/page and https://evil.example/a?q=1 today";
    const shown = Array.from(written, (_, end) => settled(written.slice(0, end)));
    expect(shown.join()).not.toContain("evil");
    expect(shown.join()).not.toMatch(/https:\/\/known.example\/(?!page)/);
    expect(settled(written)).toBe("See https://known.example/page and");
  });

  it("shows no tag while it is open", () => {
    expect(settled("Rent <a href=x onclick=y ")).toBe("Rent");
    expect(settled("Rent <a href=x> is ")).toBe("Rent is");
    expect(settled("Rent 3 < 4 is ")).toBe("Rent 3 < 4 is");
  });

  it("goes on from itself up to the whole of any plain text, however it is cut", () => {
    const word = fc.stringMatching(/^[\p{L}\p{M}\p{N},.!?'-]{1,12}$/u);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const written = words.join(" ");
        fc.pre(whole(written) === written.normalize("NFC"));
        let before = "";
        for (let end = 0; end <= written.length; end++) {
          const shown = settled(written.slice(0, end));
          expect(shown.startsWith(before)).toBe(true);
          before = shown;
        }
        expect(whole(written).startsWith(before)).toBe(true);
      }),
    );
  });

  it("is at any moment as clean as a whole one, whatever is written", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "https://",
        "evil.example/",
        "<a ",
        "href>",
        "](",
        "www.",
        "\u202e",
        " ",
        "。",
      ),
      fc.string({ unit: "grapheme", maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const written = pieces.join("");
        for (let end = 0; end <= written.length; end++) {
          const shown = settled(written.slice(0, end));
          expect(whole(shown)).toBe(shown);
        }
      }),
    );
  });
});
