// What people paste as themes: JSON, CSV, columns of a spreadsheet, plain lines.
import { describe, expect, it } from "vitest";
import { importThemes } from "../../gateway/playground/import-themes.js";

const money = { label: "Money", description: "Debt, bills" };
const sleep = { label: "Sleep", description: "" };

describe("pasted themes", () => {
  it.each([
    ["lines", "Money, Debt, bills\nSleep"],
    ["CSV with quotes", '"Money","Debt, bills"\r\n"Sleep"\r\n'],
    ["CSV with a head", 'description,label\n"Debt, bills",Money\n,Sleep\n'],
    ["semicolons", "Money;Debt, bills\nSleep;\n"],
    ["columns of a spreadsheet", "Label\tDescription\nMoney\tDebt, bills\nSleep\t\n\n"],
    ["a list as JSON", '["Sleep"]'],
    ["a request as JSON", '\uFEFF{"themes": [{"label": "Sleep", "weight": 3}]}'],
  ])("are read from %s", (name, text) => {
    const themes = name.endsWith("JSON") ? [sleep] : [money, sleep];
    expect(importThemes(text)).toEqual({ ok: true, themes });
  });

  it("keep ids, doubled quotes and line breaks within quotes", () => {
    expect(importThemes('id,label,description\nm,"The ""rent""","a\nb"')).toEqual({
      ok: true,
      themes: [{ id: "m", label: 'The "rent"', description: "a\nb" }],
    });
    expect(importThemes('[{"id": "m", "label": "Money"}]')).toEqual({
      ok: true,
      themes: [{ id: "m", label: "Money", description: "" }],
    });
  });

  it.each([
    ["", "Nothing is pasted"],
    ["[1, 2", "begins like JSON"],
    ['{"a": 1}', "Expected a list"],
    ['[{"name": "Money"}]', "Theme 1 has no label"],
    ["[null]", "Theme 1 has no label"],
    ["[]", "No theme"],
    ["x\n".repeat(501), "More than 500"],
  ])("say why %j cannot be read", (text, why) => {
    expect(importThemes(text)).toEqual({ ok: false, why: expect.stringContaining(why) as string });
  });
});
