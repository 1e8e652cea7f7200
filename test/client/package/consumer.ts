// What somebody's own code does with the package: compiled in an empty project, run in Node and in a Worker.
import { ThemeRank, type AnalyzeStreamEvent, type Outcome, type RankAnswer } from "themerank";

export interface Seen {
  readonly best: string;
  readonly events: readonly AnalyzeStreamEvent["type"][];
  readonly refused: string;
  readonly unreachable: string;
}

/** Ranks, streams, is refused and finds nobody. @param closed where nobody listens */
export async function use(baseUrl: string, closed: string): Promise<Seen> {
  const client = new ThemeRank({ baseUrl, apiKey: "tr_test", timeoutMs: 20_000 });
  const outcome: Outcome<RankAnswer> = await client.rank({
    text: "The rent is late.",
    themes: ["Money", { id: "sleep", label: "Sleep" }],
  });
  // The error must be looked at first: data may be null until then.
  // @ts-expect-error -- not narrowed yet
  outcome.data.themes.at(0);
  if (outcome.error !== null) throw new Error(`${outcome.error.title}: ${outcome.error.detail}`);
  const best: string = outcome.data.themes[0]?.label ?? "";

  const events: AnalyzeStreamEvent["type"][] = [];
  for await (const event of client.analyzeStream({ text: "The rent.", catalog: "life" })) {
    events.push(event.type);
    if (event.type === "summary" && event.data.text === null)
      throw new Error(event.data.reason ?? "");
  }

  // @ts-expect-error -- not a field of the request
  const { error: refused } = await client.rank({ text: "refuse", themes: [], weight: 1 });
  const { error: unreachable } = await new ThemeRank({ baseUrl: closed }).status();
  return {
    best,
    events,
    refused: refused?.kind === "problem" ? String(refused.status) : String(refused?.kind),
    unreachable: String(unreachable?.kind),
  };
}
