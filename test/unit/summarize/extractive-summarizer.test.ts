// Guarantees of the extract: the text's own sentences, whatever the text.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Theme } from "../../../gateway/core/domain.ts";
import { createExtractiveSummarizer } from "../../../gateway/summarize/extractive-summarizer.ts";
import { normalize } from "../../../gateway/text/normal-form.ts";
import { money, sleep, theme } from "../support/theme.ts";
import { unhurried } from "../support/unhurried.ts";

const summarizer = createExtractiveSummarizer();

async function extract(text: string, ...themes: Theme[]): Promise<string> {
  const request = { text: normalize(text), themes, language: null };
  const summary = await summarizer.summarize(request, unhurried);
  if (!summary.ok) expect.fail(summary.failure.reason);
  return summary.value.text;
}

describe("the extract", () => {
  it("takes for each theme the sentence that speaks for it most, in reading order", async () => {
    const text = "We walked home. I keep lying awake. The river rose. My debt and my bills grow.";
    expect(await extract(text, money, sleep)).toBe(
      "I keep lying awake. My debt and my bills grow.",
    );
  });

  it("takes no sentence twice: the next theme takes its second best", async () => {
    const text = "Debt keeps me lying awake with insomnia. Dreams came late. The river rose.";
    expect(await extract(text, money, sleep)).toBe(
      "Debt keeps me lying awake with insomnia. Dreams came late.",
    );
  });

  it("takes the opening where no sentence speaks for a theme", async () => {
    expect(await extract("The river rose. It rained. We walked home.", money)).toBe(
      "The river rose. It rained.",
    );
  });

  it("takes four sentences at most", async () => {
    const labels = ["Apple", "Banana", "Cherry", "Damson", "Elder", "Fig"];
    const text = labels.map((label) => `I saw a ${label}.`).join(" ");
    const summary = await extract(text, ...labels.map((label) => theme(label)));
    expect(summary).toBe("I saw a Apple. I saw a Banana. I saw a Cherry. I saw a Damson.");
  });

  it("takes no further sentence once it is long enough", async () => {
    const filler = "very ".repeat(70);
    const labels = ["Apple", "Banana", "Cherry"];
    const text = labels.map((label) => `I saw a ${filler}${label}.`).join(" ");
    const summary = await extract(text, ...labels.map((label) => theme(label)));
    expect(summary).toContain("Banana");
    expect(summary).not.toContain("Cherry");
  });

  it("cuts one long sentence between words, and says so", async () => {
    const summary = await extract(`Debt ${"and more debt ".repeat(60)}`, money);
    expect(summary).toMatch(/(?:and|more|debt)…$/);
    expect(summary.length).toBeGreaterThan(380);
    expect(summary.length).toBeLessThanOrEqual(401);
  });

  it.each([
    ["a script without spaces", "债务越来越多，".repeat(80)],
    ["a text of emoji", `a${"😀".repeat(300)}`],
    ["one early space", `Oh ${"债".repeat(500)}`],
  ])("keeps most of a long sentence that has no spaces: %s", async (_, text) => {
    const summary = await extract(text, theme("债务"));
    expect(summary.length).toBeGreaterThan(200);
    expect(summary.isWellFormed()).toBe(true);
  });

  it("says what made it and that it cost nothing", async () => {
    const request = { text: "My debt.", themes: [money], language: null };
    expect(await summarizer.summarize(request, unhurried)).toEqual({
      ok: true,
      value: {
        text: "My debt.",
        model: summarizer.model,
        usage: { promptTokens: 0, completionTokens: 0, costUsd: 0 },
      },
    });
  });

  it("is not empty for any text that holds a letter or digit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
        expect(await extract(`${text} a`, money, sleep)).not.toBe("");
      }),
    );
  });

  it("is not empty for a text that is one link with a hidden character", async () => {
    expect(await extract("https://exam\u200bple.com/a", money)).not.toBe("");
  });
});
