// What is asked along each curve.
import life from "../../../gateway/samples/life.json" with { type: "json" };
import samples from "../../../gateway/samples/texts.json" with { type: "json" };

export type Against = "themes" | "characters" | "connections" | "themes in the entry";

/** A hit comes from the isolate's memory unless its path says KV. */
export type Path = "hit" | "miss" | "hit, from KV" | "hit, from memory";

export interface Curve {
  readonly against: Against;
  readonly path: Path;
  readonly points: readonly Point[];
  /** Points beyond it are measured and not judged; null: all are. */
  readonly judgedUpTo: number | null;
}

export interface Point {
  readonly x: number;
  /** `{n}` stands for the number of the request, `digits` long. */
  readonly body: string;
  readonly connections: number;
  /** Texts before the first comes again; null: never. */
  readonly texts: number | null;
  /** Held by each answer that is what this curve is about. */
  readonly expects: readonly string[];
}

/** Of the gateway's benchmark: about 300 tokens, the built-in catalogue. */
const usual = { chars: 1_300, themes: life.length };
const digits = 8;

/** An isolate remembers 200 texts, so that of these, one after another, it remembers none. */
export const textsOfKv = 300;
/** What an entry keeps at most, and more than that. */
const [cap, beyond] = [500, 600];
export const beyondCap = beyond;
export const entrySizes = [1, 10, 50, 100, 250, cap, beyond];

const prose = samples.map(({ text }) => text).join(" ");

/** `count` themes from the number `from` on: the catalogue, then the same with other labels. */
function themesOf(count: number, from = 0): object[] {
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    const { id = "", label = "", description = "" } = life[number % life.length] ?? {};
    const again = Math.floor(number / life.length);
    return again === 0
      ? { id, label, description }
      : { id: `${id}-${again}`, label: `${label} ${again}`, description };
  });
}

/** So many characters, once the number stands in its place. */
function textOf(chars: number): string {
  const length = chars - digits + "{n}".length;
  const text = `Note {n}. ${prose.padEnd(length, `${prose} `)}`.slice(0, length);
  return text.replace(/\s$/, ".");
}

export function asked(chars: number, count: number, from = 0): string {
  return JSON.stringify({ text: textOf(chars), themes: themesOf(count, from) });
}

const byOrigin = '"source":"origin","model":"theme-ranker","degraded":false';
const fromCache = [byOrigin, '"cache":{"status":"hit"'];
const hit = { texts: 1, expects: fromCache };
const miss = { texts: null, expects: [byOrigin, '"cache":{"status":"miss"'] };

const along = (
  against: Against,
  xs: readonly number[],
  at: (x: number) => Pick<Point, "body" | "connections">,
): Curve[] =>
  (["hit", "miss"] as const).map((path) => ({
    against,
    path,
    judgedUpTo: null,
    points: xs.map((x) => ({ x, ...at(x), ...(path === "hit" ? hit : miss) })),
  }));

/** All but those of an entry's size: for any gateway with an empty cache. */
export const curves: readonly Curve[] = [
  ...along("themes", [1, 3, 10, 24, 50, 100], (x) => ({
    body: asked(usual.chars, x),
    connections: 1,
  })),
  ...along("characters", [100, 300, 1_000, 3_000, 10_000, 20_000], (x) => ({
    body: asked(x, usual.themes),
    connections: 1,
  })),
  ...along("connections", [1, 5, 20, 50, 100, 200], (x) => ({
    body: asked(usual.chars, usual.themes),
    connections: x,
  })),
];

/** For a gateway whose cache was filled as `fillings` say: the newest 24 themes of an entry are asked for. */
export const entryCurves: readonly Curve[] = (["hit, from KV", "hit, from memory"] as const).map(
  (path) => ({
    against: "themes in the entry",
    path,
    judgedUpTo: cap,
    points: entrySizes.map((x) => {
      const count = Math.min(x, usual.themes);
      return {
        x,
        body: asked(usual.chars, count, x - count),
        connections: 1,
        texts: path === "hit, from KV" ? textsOfKv : 1,
        expects: fromCache,
      };
    }),
  }),
);

/** Requests that fill an entry to `x` themes, at most 100 at once, one after another. */
export function fillings(x: number): string[] {
  return Array.from({ length: Math.ceil(x / 100) }, (_, block) =>
    asked(usual.chars, Math.min(100, x - block * 100), block * 100),
  );
}

/** Where the numbers of a point's texts begin; each begins where no other's are. */
export const firstNumber = (place: number) => 10 ** (digits - 1) + place * 20_000;
