// Guarantees of the LRU cache.
import { describe, expect, it } from "vitest";
import { LruCache } from "../../gpu-origin/embedded/lru-cache.ts";

function filled(): LruCache<number> {
  const cache = new LruCache<number>(2);
  cache.set("a", 1);
  cache.set("b", 2);
  return cache;
}
const known = (cache: LruCache<number>) => ["a", "b", "c"].filter((name) => cache.get(name));

describe("the LRU cache", () => {
  it("gives what was set last under a name, and nothing for an unknown one", () => {
    const cache = filled();
    cache.set("a", 3);
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([3, 2, undefined]);
  });

  it("forgets the least recently used one when it is full: a read is a use, and so is a write", () => {
    const read = filled();
    read.get("a");
    read.set("c", 3);
    expect(known(read)).toEqual(["a", "c"]);
    const written = filled();
    written.set("a", 4);
    written.set("c", 3);
    expect(known(written)).toEqual(["a", "c"]);
    const untouched = filled();
    untouched.set("c", 3);
    expect(known(untouched)).toEqual(["b", "c"]);
  });
});
