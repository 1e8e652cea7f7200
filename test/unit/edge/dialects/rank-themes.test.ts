// Guarantees of the older clients' shape.
import { describe, expect, it } from "vitest";
import { fromRankThemes, toRankThemes } from "../../../../gateway/edge/dialects/rank-themes.ts";
import { ranking } from "../../support/outcome.ts";
import { money, sleep } from "../../support/theme.ts";

describe("the older clients' shape", () => {
  it("asks for every theme by every ranker", () => {
    expect(fromRankThemes({ text: "a", themes: [money, sleep] })).toEqual({
      text: "a",
      themes: [money, sleep],
      topK: 2,
      minScore: 0,
      mode: "default",
      sources: ["origin", "gemini", "lexical"],
    });
  });

  it("answers whole scores in the order of the request and seconds", () => {
    expect(toRankThemes({ ...ranking, scores: [3.46, 87.5, 0.4] }, 3_130)).toEqual({
      scores: [3, 88, 0],
      processing_time: 3.13,
    });
  });
});
