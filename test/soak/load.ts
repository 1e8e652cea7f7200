// The requests of a soak: fresh and repeated texts, edited catalogues, sources and budgets by chance.
import life from "../../gateway/samples/life.json" with { type: "json" };
import samples from "../../gateway/samples/texts.json" with { type: "json" };
import type { RankerSource } from "../../gateway/core/domain.ts";
import type { Chance } from "../eval/chance.ts";

export interface AskedTheme {
  readonly id: string;
  readonly label: string;
  readonly description: string;
}

/** A valid request; 4xx is never its answer. */
export interface Ask {
  /** Sent as X-Request-Id. */
  readonly id: string;
  /** A word of its text that no other text holds: finds its upstream calls. */
  readonly marker: string;
  readonly text: string;
  readonly themes: readonly AskedTheme[];
  readonly sources: readonly RankerSource[];
  /** The caller's whole budget. */
  readonly timeoutMs: number;
  readonly topK: number;
  readonly cache: "default" | "refresh" | "no-store";
  readonly route: "/v1/rank" | "/v1/analyze";
}

const all = ["origin", "gemini", "lexical"] as const;
const sentences = samples.flatMap(({ text }) => text.split(/(?<=[.!?])\s+/));
const extras: readonly AskedTheme[] = ["Chess", "Gardening", "Rain", "Trains"].map((label) => ({
  id: label.toLowerCase(),
  label,
  description: `All that is about ${label.toLowerCase()}`,
}));
/** Texts that may be asked again. */
const remembered = 120;

export const markerPattern = /\bmark[0-9]+x\b/;

/** Draws one request after another; a repeat is of a text that has been answered. */
export class Load {
  readonly #drawn: Chance;
  readonly #answered: Ask[] = [];
  readonly #inFlight = new Set<string>();
  #count = 0;

  constructor(drawn: Chance) {
    this.#drawn = drawn;
  }

  next(): Ask {
    const drawn = this.#drawn;
    const earlier = this.#answered[drawn.index(Math.max(1, this.#answered.length))];
    const repeats = drawn.fraction() < 0.5;
    const edits = drawn.fraction() < 0.3;
    const isFree = earlier !== undefined && !this.#inFlight.has(earlier.marker);
    const base = repeats && isFree ? earlier : this.#fresh();
    const themes = edits ? this.#edited(base.themes) : base.themes;
    const ask: Ask = {
      ...base,
      id: `soak-${this.#count++}`,
      themes,
      sources: this.#sources(),
      timeoutMs: this.#pick([15_000, 15_000, 15_000, 8_000, 4_000]),
      topK: this.#pick([themes.length, themes.length, 5]),
      cache: this.#pick([...Array<"default">(9).fill("default"), "refresh", "no-store"]),
      route: drawn.fraction() < 0.15 ? "/v1/analyze" : "/v1/rank",
    };
    // Lexical needs no time: only where it stands behind may a budget be this small.
    const hurried = ask.sources.includes("lexical") && drawn.fraction() < 0.15;
    this.#inFlight.add(ask.marker);
    return hurried ? { ...ask, timeoutMs: 1_000 } : ask;
  }

  /** Its text may be asked again from now on. */
  answered(ask: Ask): void {
    this.#inFlight.delete(ask.marker);
    this.#answered.push(ask);
    if (this.#answered.length > remembered) this.#answered.shift();
  }

  #fresh(): Pick<Ask, "marker" | "text" | "themes"> {
    const marker = `mark${this.#count}x`;
    const told = this.#drawn.shuffled(sentences).slice(0, 4).join(" ");
    return { marker, text: `${told} That was ${marker}.`, themes: life };
  }

  /** One theme less, one that was not there, another order. */
  #edited(themes: readonly AskedTheme[]): readonly AskedTheme[] {
    const extra = this.#pick(extras);
    const others = themes.filter(({ id }) => id !== extra.id);
    return this.#drawn.shuffled([...others.slice(1), extra]);
  }

  #sources(): Ask["sources"] {
    const lot = this.#drawn.fraction();
    if (lot < 0.76) return all;
    if (lot < 0.86) return ["origin", "gemini"];
    return lot < 0.94 ? ["gemini"] : ["origin"];
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#drawn.index(items.length)] as T;
  }
}

/** The body of the request. */
export function bodyOf({ text, themes, sources, timeoutMs, topK, cache }: Ask): object {
  return { text, themes, sources, timeout_ms: timeoutMs, top_k: topK, cache };
}
