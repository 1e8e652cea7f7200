// A seeded source of chance: a second run draws the same.
import { uniformFloat32 } from "pure-rand/distribution/uniformFloat32";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

export interface Chance {
  /** 0 to under `below`, whole. */
  index(below: number): number;
  /** 0 to under 1. */
  fraction(): number;
  /** A copy in random order (Fisher and Yates). */
  shuffled<T>(items: readonly T[]): T[];
}

export function chance(seed: number): Chance {
  const generator = xoroshiro128plus(seed);
  const index = (below: number) => uniformInt(generator, 0, below - 1);
  return {
    index,
    fraction: () => uniformFloat32(generator),
    shuffled<T>(items: readonly T[]) {
      const copy = [...items];
      for (let last = copy.length - 1; last > 0; last -= 1) {
        const other = index(last + 1);
        [copy[last], copy[other]] = [copy[other] as T, copy[last] as T];
      }
      return copy;
    },
  };
}
