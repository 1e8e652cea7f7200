// Which replica a text goes to: the same one each time, so that its prefix cache knows the text.

/** FNV-1a over UTF-16 code units, 32 bits. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** Spreads neighbouring values over all 32 bits. Source: the finalizer of MurmurHash3. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * The indexes of `ids` in the text's order of preference. A replica that goes or comes changes the
 * first choice of its own texts only (rendezvous hashing, Thaler and Ravishankar 1996).
 */
export function preference(text: string, ids: readonly string[]): number[] {
  if (ids.length === 1) return [0];
  const ofText = hash32(text);
  return ids
    .map((id, index) => ({ index, weight: mix(ofText ^ mix(hash32(id))) }))
    .toSorted((a, b) => b.weight - a.weight || a.index - b.index)
    .map(({ index }) => index);
}
