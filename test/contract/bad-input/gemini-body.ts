// A body of generateContent that holds a text, as Google wraps it.

/** @param text what the model is to have written */
export function geminiBody(text: string): object {
  return {
    candidates: [{ content: { parts: [{ text }], role: "model" }, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 9, totalTokenCount: 18 },
    modelVersion: "gemini-3.5-flash-lite",
  };
}
