// What a person sees when the local stack serves: where, with what, and a line to paste.
import texts from "../samples/texts.json" with { type: "json" };

/** As `/v1/status` answers it. */
export interface Status {
  readonly mode: string;
  readonly rankers: readonly Provider[];
  readonly summarizers: readonly Provider[];
}

interface Provider {
  readonly source: string;
  readonly configured: boolean;
  readonly model: string | null;
}

export interface Served {
  readonly url: string;
  /** The embedded origin's, null when there is none. */
  readonly embeddedUrl: string | null;
  readonly geminiKeyGiven: boolean;
  readonly tookMs: number;
}

export function greeting(
  status: Status,
  { url, embeddedUrl, geminiKeyGiven, tookMs }: Served,
): string {
  const order = (providers: readonly Provider[]) =>
    providers
      .filter(({ configured }) => configured)
      .map(({ source, model }) => `${source} (${model})`)
      .join(", then ");
  const [sample] = texts;
  const body = JSON.stringify({
    text: sample?.text.replaceAll("'", "’"),
    catalog: "life",
    top_k: 5,
  });
  const lines = [
    "",
    `themerank is ready on ${url} (${(tookMs / 1_000).toFixed(1)} s), mode ${status.mode}`,
    `  ranks:      ${order(status.rankers)}`,
    `  summarises: ${order(status.summarizers)}`,
  ];
  if (embeddedUrl !== null) {
    lines.push(
      `  The origin is embedded, on ${embeddedUrl}: a small demonstration model of 28 MB, not Llama.`,
      "  With an origin of your own: npm start -- --origin http://localhost:8000/v1",
    );
  }
  if (status.mode === "lexical" && !geminiKeyGiven) {
    lines.push(
      "  GEMINI_API_KEY is missing: without it and without an origin no model is asked. Themes are",
      "  ranked by shared words, summaries are sentences of the text. Set it in the environment or",
      "  in .dev.vars.",
    );
  }
  lines.push(
    "",
    "Open it in a browser, or try it here:",
    `curl -s ${url}/v1/analyze -H 'Content-Type: application/json' -d '${body}'`,
    "",
  );
  return lines.join("\n");
}
