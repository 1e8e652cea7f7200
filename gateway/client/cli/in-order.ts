// Many things at a time, a bounded number of them, and their results in the order they came.

/** At most `limit` are begun and not yet handed on; leaving the loop begins no more. */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, void> {
  const begun: Promise<R>[] = [];
  for await (const item of items) {
    begun.push(work(item));
    const first = begun.length >= limit ? begun.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const each of begun) {
    // oxlint-disable-next-line no-await-in-loop -- in their order
    yield await each;
  }
}
