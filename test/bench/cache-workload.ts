// Requests as an application sends them: few texts often, a catalogue that is edited, a changing top_k.
import type { Theme } from "../../gateway/core/domain.ts";

export interface WorkloadRequest {
  /** Since the first request. */
  readonly atMs: number;
  readonly text: string;
  readonly themes: readonly Theme[];
  readonly topK: number;
}

export interface Habits {
  readonly requests: number;
  readonly texts: number;
  /** Zipf's exponent; null = each text is new. */
  readonly zipf: number | null;
  /** Requests between two edits of a catalogue, on average. */
  readonly editEvery: number;
  /** Share of requests whose themes come in another order. */
  readonly shuffled: number;
  /** Share of requests with one more theme of their own. */
  readonly withOwnTheme: number;
  readonly topKs: readonly number[];
  readonly days: number;
}

const catalogues = 3;
const themesEach = 24;
const ownThemes = 50;

/** The same requests for the same habits: dice are seeded. */
export function workload(habits: Habits): readonly WorkloadRequest[] {
  const dice = seeded(20_261_122);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(dice() * items.length)] as T;
  let edits = 0;
  const theme = (name: string): Theme => ({
    id: name,
    label: name,
    description: `What ${name} is about, in the words of its ${(edits += 1)}. version`,
  });
  const current = Array.from({ length: catalogues }, (_, c) =>
    Array.from({ length: themesEach }, (__, t) => theme(`Theme ${c}-${t}`)),
  );
  const edit = () => {
    const catalogue = pick(current);
    const place = Math.floor(dice() * catalogue.length);
    const kind = dice();
    if (kind < 0.6) catalogue[place] = theme(catalogue[place]?.label ?? "");
    else if (kind < 0.8 && catalogue.length < 30) catalogue.push(theme(`Theme new-${edits}`));
    else if (catalogue.length > 20) catalogue.splice(place, 1);
  };
  const cumulative: number[] = [];
  for (let rank = 1; rank <= habits.texts; rank += 1)
    cumulative.push((cumulative.at(-1) ?? 0) + 1 / rank ** (habits.zipf ?? 0));
  const textNumber = (request: number) => {
    if (habits.zipf === null) return request;
    const mark = dice() * (cumulative.at(-1) ?? 0);
    return cumulative.findIndex((sum) => sum >= mark);
  };

  const meanGapMs = (habits.days * 86_400_000) / habits.requests;
  let atMs = 0;
  return Array.from({ length: habits.requests }, (_, request) => {
    atMs += -Math.log(1 - dice()) * meanGapMs;
    if (dice() < 1 / habits.editEvery) edit();
    const number = textNumber(request);
    let themes = [...(current[number % catalogues] ?? [])];
    if (dice() < habits.withOwnTheme) {
      const name = `Own ${Math.floor(dice() * ownThemes)}`;
      themes.push({ id: name, label: name, description: "" });
    }
    if (dice() < habits.shuffled)
      themes = themes
        .map((each) => ({ each, at: dice() }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ each }) => each);
    return { atMs, text: textOf(number), themes, topK: pick(habits.topKs) };
  });
}

/** 40 to 400 words, the same for the same number. */
function textOf(number: number): string {
  const dice = seeded(number + 1);
  const words = Math.round(40 * 10 ** dice());
  return `Text ${number}. ${Array.from({ length: words }, () => Math.floor(dice() * 46_656).toString(36)).join(" ")}`;
}

/** mulberry32: dice that fall the same way each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
