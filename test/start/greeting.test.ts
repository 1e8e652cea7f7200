// The greeting's words; that its curl line works is shown end to end.
import { describe, expect, it } from "vitest";
import { greeting } from "../../gateway/start/greeting.ts";

const provider = (source: string, configured: boolean) => ({ source, configured, model: "m-1" });
const served = {
  url: "http://localhost:8787",
  embeddedUrl: null,
  geminiKeyGiven: false,
  tookMs: 3_210,
};
const lexical = {
  mode: "lexical",
  rankers: [provider("origin", false), provider("gemini", false), provider("lexical", true)],
  summarizers: [provider("extractive", true)],
};

describe("the greeting", () => {
  it("says where, with what and how fast", () => {
    const rankers = [provider("origin", true), provider("lexical", true)];
    const told = greeting({ ...lexical, mode: "all-local", rankers }, served);
    expect(told).toContain("is ready on http://localhost:8787 (3.2 s), mode all-local");
    expect(told).toContain("ranks:      origin (m-1), then lexical (m-1)");
    expect(told).toContain("summarises: extractive (m-1)");
    expect(told).not.toContain("GEMINI_API_KEY");
    expect(told).not.toContain("Llama");
  });

  it("says that the embedded origin is no Llama", () => {
    const told = greeting(lexical, { ...served, embeddedUrl: "http://127.0.0.1:1/v1" });
    expect(told).toContain("not Llama");
  });

  it("says what a missing key of Gemini means where there is no origin either", () => {
    expect(greeting(lexical, served)).toContain("GEMINI_API_KEY is missing");
  });

  it("does not call a key missing that is given but not to be used", () => {
    const told = greeting(lexical, { ...served, geminiKeyGiven: true });
    expect(told).not.toContain("GEMINI_API_KEY");
  });
});
