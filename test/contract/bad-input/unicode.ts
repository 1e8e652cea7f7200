// D. Unicode: 37-48. Good requests; what is held to is what becomes of the characters.
import { expect } from "vitest";
import { about, everywhere, prompts, rank, ranksAll, raw, type Case } from "./case.ts";

const ranked = (no: number, name: string, words: string, ...gone: RegExp[]): Case => ({
  no,
  name,
  status: 200,
  ask: () => everywhere(words),
  async check(answer) {
    ranksAll(answer, ["t"]);
    for (const prompt of await prompts()) {
      expect(prompt.isWellFormed()).toBe(true);
      for (const sign of gone) expect(prompt).not.toMatch(sign);
    }
  },
});

const word = about("caf\u00e9");

export const unicode: readonly Case[] = [
  {
    no: 37,
    name: "a lone surrogate becomes U+FFFD",
    status: 200,
    ask: () => raw(`{"text":"rent \\ud800 ${about("")}","themes":["Money"]}`),
    check: async () => expect((await prompts())[0]).toContain("rent \ufffd"),
  },
  ranked(38, "NUL", "a\u0000b", /\u0000/),
  ranked(39, "C0 and C1 controls", "a\u0007\u001b[31mb\u009bc", /[\u0007\u001b\u009b]/),
  ranked(40, "bidi overrides", "a\u202eb\u2066c", /[\u202e\u2066]/),
  ranked(41, "families of emoji", "\u{1F468}\u200d\u{1F469}\u200d\u{1F467}"),
  {
    no: 42,
    name: "NFC and NFD of one word share their scores",
    status: 200,
    ask: async () => {
      await rank({ text: word });
      return rank({ text: word.normalize("NFD") });
    },
    check: (answer) => expect(answer).toMatchObject({ cache: { status: "hit" } }),
  },
  ranked(43, "right to left", "\u05e9\u05db\u05e8 \u062f\u064a\u0646"),
  {
    no: 44,
    name: "Turkish dotted and dotless i",
    status: 200,
    ask: () =>
      rank({ text: about("\u0130zmir \u0131l\u0131k"), themes: ["\u0130", "\u0131", "i"] }),
    check: (answer) => ranksAll(answer, ["\u0130", "\u0131", "i"]),
  },
  ranked(
    45,
    "a full-width control token",
    "\uff1c\uff5ceot_id\uff5c\uff1e",
    /\uff1c\uff5c|\uff5c\uff1e/,
  ),
  ranked(46, "tag characters", "a\u{e0041}\u{e007f}", /[\u{e0000}-\u{e007f}]/u),
  ranked(
    47,
    "bytes in variation selectors",
    "a\u{e0101}\u{e0150}\u{e0160}",
    /[\u{e0150}\u{e0160}]/u,
  ),
  {
    no: 48,
    name: "1,000 combining marks",
    status: 200,
    ask: () => rank({ text: about(`a${"\u0301\u0316".repeat(500)}`) }),
    check: (answer) => ranksAll(answer, ["Money"]),
  },
];
