// Catalogues of themes that a request may name.
import type { Theme } from "../core/domain.ts";
import life from "../samples/life.json" with { type: "json" };

const builtIn: ReadonlyMap<string, readonly Theme[]> = new Map([["life", life]]);

/** The themes of a catalogue; null when there is none of this name. */
export function catalogNamed(name: string): readonly Theme[] | null {
  return builtIn.get(name) ?? null;
}
